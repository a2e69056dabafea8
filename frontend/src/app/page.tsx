import { GoTo } from './go-to';

export default function Home() {
  return <GoTo href="/dashboard" />;
}
