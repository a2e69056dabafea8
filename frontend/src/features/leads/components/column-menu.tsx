'use client';
import { Columns3 } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Menu, MenuChoice, MenuLabel, MenuSeparator } from '@/components/ui/menu';

import { LEAD_COLUMNS } from './leads-table';

/** Which columns are shown; kept in this browser by the caller. */
export function ColumnMenu({
  hidden,
  onHidden,
  customFields,
  shownCustom,
  onShownCustom,
}: {
  hidden: readonly string[];
  onHidden: (hidden: string[]) => void;
  customFields: readonly string[];
  shownCustom: readonly string[];
  onShownCustom: (shown: string[]) => void;
}) {
  const toggle = (list: readonly string[], id: string, on: boolean) =>
    on ? [...list, id] : list.filter((one) => one !== id);
  return (
    <Menu
      trigger={
        <Button size="icon" aria-label="Columns">
          <Columns3 aria-hidden />
        </Button>
      }
    >
      <MenuLabel>Columns</MenuLabel>
      {LEAD_COLUMNS.map(({ id, label }) => (
        <MenuChoice
          key={id}
          checked={!hidden.includes(id)}
          onCheckedChange={(on) => onHidden(toggle(hidden, id, !on))}
        >
          {label}
        </MenuChoice>
      ))}
      {customFields.length > 0 && (
        <>
          <MenuSeparator />
          <MenuLabel>Your own fields</MenuLabel>
          {customFields.map((name) => (
            <MenuChoice
              key={name}
              checked={shownCustom.includes(name)}
              onCheckedChange={(on) => onShownCustom(toggle(shownCustom, name, on))}
            >
              {name}
            </MenuChoice>
          ))}
        </>
      )}
    </Menu>
  );
}
