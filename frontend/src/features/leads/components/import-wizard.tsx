'use client';
import { useRef, useState } from 'react';

import { Field } from '@/components/forms/field';
import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { Input, Select } from '@/components/ui/input';
import { ProgressBar } from '@/components/ui/progress';
import { Notice } from '@/components/ui/states';
import { toastError } from '@/components/ui/toast';
import { bytes } from '@/lib/format';

import { previewImport, useStartImport, type ImportPreview } from '../api/imports';
import { mappingFaults } from '../model';
import { DropZone } from './drop-zone';
import { ImportQuestions, LEAVE_OUT, openQuestions } from './import-questions';
import { MappingTable } from './mapping-table';

const DELIMITERS: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };
const MAX_BYTES = 500 * 1024 * 1024;

interface Read {
  file: File;
  preview: ImportPreview;
  mapping: Record<string, string>;
  /** What was said about columns that are asked about, by header. */
  answers: Record<string, string>;
}

/** Drop, see how it was understood, mend the mapping, start. What follows is `ImportResult`. */
export function ImportWizard({
  campaign,
  onCampaign,
  campaigns,
  onStarted,
}: {
  campaign: string;
  onCampaign: (id: string) => void;
  campaigns: readonly { id: string; name: string }[];
  onStarted: (id: string) => void;
}) {
  const [read, setRead] = useState<Read | null>(null);
  const [reading, setReading] = useState(false);
  const [duplicates, setDuplicates] = useState<'update' | 'skip'>('update');
  const [source, setSource] = useState('');
  const [basis, setBasis] = useState('');
  const [share, setShare] = useState(0);
  const stop = useRef<AbortController | null>(null);
  const start = useStartImport();

  async function look(file: File): Promise<void> {
    if (file.size > MAX_BYTES) {
      toastError(new Error(`The file has ${bytes(file.size)}; 500 MB is the most. Split it.`));
      return;
    }
    setReading(true);
    try {
      const preview = await previewImport(file);
      setRead({ file, preview, mapping: preview.mapping, answers: {} });
      setSource((old) => old || file.name);
    } catch (error) {
      toastError(error);
    } finally {
      setReading(false);
    }
  }
  async function send({ file, mapping, preview }: Read): Promise<void> {
    stop.current = new AbortController();
    setShare(0);
    try {
      const job = await start.mutateAsync({
        file,
        options: {
          duplicates,
          source,
          lawful_basis: basis,
          mapping,
          delimiter: preview.delimiter,
          encoding: preview.encoding,
        },
        campaign: campaign || undefined,
        onProgress: setShare,
        signal: stop.current.signal,
      });
      onStarted(job.id);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) toastError(error);
    }
  }
  if (!read) return <DropZone onFile={(file) => void look(file)} busy={reading} />;
  const { preview, mapping, answers, file } = read;
  const faults = [
    ...mappingFaults(mapping),
    ...openQuestions(preview, mapping, answers).map((header) => `Say what “${header}” means.`),
  ];
  return (
    <div className="space-y-4">
      <Panel
        title={file.name}
        description={`${bytes(file.size)}, read as ${preview.encoding} with ${DELIMITERS[preview.delimiter] ?? preview.delimiter}`}
        action={
          <Button variant="ghost" size="sm" disabled={start.isPending} onClick={() => setRead(null)}>
            Another file
          </Button>
        }
        bodyClassName="p-0"
      >
        {preview.problems.length > 0 && (
          <Notice
            tone="held"
            className="rounded-none border-b px-4"
            title="Seen while reading the first rows"
          >
            <ul>
              {preview.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </Notice>
        )}
        <ImportQuestions
          preview={preview}
          mapping={mapping}
          answers={answers}
          onAnswer={(header, answer) =>
            setRead({
              ...read,
              mapping: { ...mapping, [header]: answer === LEAVE_OUT ? '' : answer },
              answers: { ...answers, [header]: answer },
            })
          }
        />
        <MappingTable
          preview={preview}
          mapping={mapping}
          onChange={(next) => setRead({ ...read, mapping: next })}
        />
      </Panel>
      <Panel title="Options">
        <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
          <Field label="Add them to a campaign" optional>
            {(control) => (
              <Select {...control} value={campaign} onChange={(event) => onCampaign(event.target.value)}>
                <option value="">no campaign yet</option>
                {campaigns.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="People you already have">
            {(control) => (
              <Select
                {...control}
                value={duplicates}
                onChange={(event) => setDuplicates(event.target.value === 'skip' ? 'skip' : 'update')}
              >
                <option value="update">update with the new values</option>
                <option value="skip">leave as they are</option>
              </Select>
            )}
          </Field>
          <Field label="Source" optional>
            {(control) => (
              <Input
                {...control}
                value={source}
                maxLength={500}
                onChange={(e) => setSource(e.target.value)}
              />
            )}
          </Field>
          <Field label="Legal basis" optional hint="For example: legitimate interest">
            {(control) => (
              <Input {...control} value={basis} maxLength={500} onChange={(e) => setBasis(e.target.value)} />
            )}
          </Field>
        </div>
      </Panel>
      <div className="flex flex-wrap items-center justify-end gap-3">
        {faults.length > 0 && <span className="text-bounced">{faults.join(' ')}</span>}
        {start.isPending && (
          <span className="flex min-w-48 flex-1 items-center gap-3">
            <ProgressBar
              className="h-2"
              label="Upload"
              total={100}
              segments={[{ label: '% uploaded', value: Math.round(share * 100), tone: 'sending' }]}
            />
            <Button variant="ghost" size="sm" onClick={() => stop.current?.abort()}>
              Cancel
            </Button>
          </span>
        )}
        <Button
          variant="primary"
          size="lg"
          disabled={faults.length > 0}
          loading={start.isPending}
          onClick={() => void send(read)}
        >
          Import
        </Button>
      </div>
    </div>
  );
}
