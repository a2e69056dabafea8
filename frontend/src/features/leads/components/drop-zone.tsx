'use client';
import { FileUp } from 'lucide-react';
import { useRef, useState } from 'react';

import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';

export function DropZone({ onFile, busy }: { onFile: (file: File) => void; busy: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file) onFile(file);
      }}
      className={cn(
        'flex flex-col items-center rounded-lg border border-dashed border-line-strong bg-panel px-6 py-14 text-center transition-colors',
        over && 'border-accent bg-accent-soft',
      )}
    >
      <FileUp className="mb-3 size-6 text-ink-3" aria-hidden />
      <p className="text-base font-medium">Drop a CSV file here</p>
      <p className="mt-1 max-w-md text-ink-2">
        Commas, semicolons or tabs, any common encoding, up to 500 MB. Columns are recognised; you can correct
        that before anything is kept.
      </p>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
        className="sr-only"
        aria-label="CSV file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          event.target.value = '';
        }}
      />
      <Button variant="primary" className="mt-4" loading={busy} onClick={() => input.current?.click()}>
        Choose a file
      </Button>
    </div>
  );
}
