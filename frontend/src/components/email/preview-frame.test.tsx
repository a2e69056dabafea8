import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { PreviewFrame } from './preview-frame';

test('foreign mail gets no rights and no outside requests', () => {
  render(<PreviewFrame html="<script>alert(1)</script><p>Hello</p>" />);
  const frame = screen.getByTitle('Message preview');
  expect(frame).toHaveAttribute('sandbox', '');
  const policy =
    /Content-Security-Policy" content="([^"]+)"/.exec(frame.getAttribute('srcdoc') ?? '')?.[1] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('script-src');
});
