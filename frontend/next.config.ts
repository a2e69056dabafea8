import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants';

const common: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  // The same source gives the same files, so the API can tell whether a rebuild is due.
  generateBuildId: () => process.env.REACHLY_BUILD_ID ?? 'local',
};

/**
 * Built: a static export served by the API (or any static host with the rewrites of vercel.json).
 * Development: `output: 'export'` would refuse ids unknown at build time, so it is left out there,
 * and /api is passed to a running API.
 */
export default function config(phase: string): NextConfig {
  if (phase !== PHASE_DEVELOPMENT_SERVER) return { ...common, output: 'export' };
  const api = process.env.REACHLY_API_ORIGIN ?? 'http://127.0.0.1:8000';
  return {
    ...common,
    // It would lie on the pulse line.
    devIndicators: false,
    rewrites: () => Promise.resolve([{ source: '/api/:path*', destination: `${api}/api/:path*` }]),
  };
}
