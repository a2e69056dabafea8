'use client';
import { useMemo } from 'react';

import { ownZone } from '@/lib/format';

/** All IANA zones this browser knows, the own one and UTC first. */
export function ZoneOptions({ blank }: { blank?: string }) {
  const zones = useMemo(() => {
    const all = Intl.supportedValuesOf('timeZone');
    return { first: [...new Set([ownZone(), 'UTC'])], all };
  }, []);
  return (
    <>
      {blank && <option value="">{blank}</option>}
      <optgroup label="Usual">
        {zones.first.map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </optgroup>
      <optgroup label="All">
        {zones.all
          .filter((zone) => !zones.first.includes(zone))
          .map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
      </optgroup>
    </>
  );
}
