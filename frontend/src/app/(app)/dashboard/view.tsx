'use client';
import { Page } from '@/components/layout/page';

export function TodayView() {
  return <Page title="Today">…</Page>;
}
