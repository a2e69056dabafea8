// @vitest-environment node
import { RuleTester } from 'eslint';
import { createRequire } from 'node:module';
import { afterAll, describe, it } from 'vitest';

import effectReturns from './effect-returns.mjs';
import typedIntoAddress from './typed-into-address.mjs';

Object.assign(RuleTester, { afterAll, describe, it });
const parser = createRequire(import.meta.url)('@typescript-eslint/parser');
const tester = new RuleTester({
  languageOptions: { parser, parserOptions: { ecmaFeatures: { jsx: true } } },
});
const value = [{ messageId: 'value' }];
const raw = [{ messageId: 'raw' }];

tester.run('effect-returns', effectReturns, {
  valid: [
    'useEffect(() => { end.current?.scrollIntoView(); }, [messages]);',
    'useEffect(() => { const stop = subscribe(); return () => stop(); });',
    'useEffect(() => () => stop(), []);',
    'useEffect(() => { if (off) return; const end = () => stop(); return end; });',
    'useEffect(() => { function end() { stop(); } return end; });',
    'useEffect(() => { list.forEach((one) => { return one.start(); }); });',
    'useEffect(() => { if (off) return undefined; return on ? () => a() : () => b(); });',
    'const view = <li ref={(node) => { keep(node); }} />;',
    'const view = <li ref={end} />;',
    'useMemo(() => sum(rows), [rows]);',
  ],
  invalid: [
    // What made the whole app go blank after a conversation.
    { code: "useEffect(() => end.current?.scrollIntoView({ block: 'end' }), [messages]);", errors: value },
    { code: 'useEffect(() => router.replace(href), [router, href]);', errors: value },
    { code: 'React.useLayoutEffect(() => void start(), []);', errors: value },
    { code: 'useEffect(async () => { await start(); }, []);', errors: value },
    { code: 'useEffect(() => { return subscribe(); });', errors: value },
    { code: 'useEffect(function () { if (on) return element.focus(); });', errors: value },
    { code: 'useEffect(() => { const stop = subscribe(); return stop; });', errors: value },
    { code: 'useInsertionEffect(() => (on ? () => a() : b()));', errors: value },
    { code: 'const view = <li ref={(node) => node?.scrollIntoView()} />;', errors: value },
    { code: 'const view = <li ref={(node) => (kept.current = node)} />;', errors: value },
  ],
});

tester.run('typed-into-address', typedIntoAddress, {
  valid: [
    "const [q, setQ] = useUrlState('q'); const view = <SearchField value={q} onValueChange={setQ} />;",
    "const [q, setQ] = useState(''); const view = <Input value={q} onChange={setQ} />;",
    "const [state] = useUrlChoice('state', STATES); const view = <Select value={state} />;",
    "const [q] = useUrlState('q'); const view = <Input placeholder={q} value={own} />;",
  ],
  invalid: [
    { code: "const [q, setQ] = useUrlState('q'); const view = <input value={q} />;", errors: raw },
    { code: "const [q, setQ] = useUrlState('q'); const view = <Input value={q.trim()} />;", errors: raw },
    {
      code: "const [day] = useUrlChoice('day', DAYS); const view = <Textarea value={day ?? ''} />;",
      errors: raw,
    },
    {
      code: "const search = useSearchParams(); const q = search.get('q') ?? ''; const view = <Command.Input value={q} />;",
      errors: raw,
    },
  ],
});
