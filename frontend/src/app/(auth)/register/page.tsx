import type { Metadata } from 'next';

import { RegisterView } from './view';

export const metadata: Metadata = { title: 'Create an account · Reachly' };

export default function RegisterPage() {
  return <RegisterView />;
}
