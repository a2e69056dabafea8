import { Check, Minus } from 'lucide-react';
import { Checkbox as Radix, Switch as RadixSwitch } from 'radix-ui';
import type { ComponentProps } from 'react';

import { cn } from '@/lib/cn';

export function Checkbox({ className, ...rest }: ComponentProps<typeof Radix.Root>) {
  return (
    <Radix.Root
      {...rest}
      className={cn(
        'group inline-flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-panel text-accent-ink transition-colors hover:border-ink-3 data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent',
        className,
      )}
    >
      <Radix.Indicator>
        <Check className="size-3 group-data-[state=indeterminate]:hidden" strokeWidth={3} aria-hidden />
        <Minus className="hidden size-3 group-data-[state=indeterminate]:block" strokeWidth={3} aria-hidden />
      </Radix.Indicator>
    </Radix.Root>
  );
}

export function Switch({ className, ...rest }: ComponentProps<typeof RadixSwitch.Root>) {
  return (
    <RadixSwitch.Root
      {...rest}
      className={cn(
        'relative inline-flex h-[18px] w-8 shrink-0 rounded-full border border-transparent bg-line-strong transition-colors data-[state=checked]:bg-accent disabled:opacity-50',
        className,
      )}
    >
      <RadixSwitch.Thumb className="block size-3.5 translate-x-px translate-y-px rounded-full bg-panel transition-transform data-[state=checked]:translate-x-[15px]" />
    </RadixSwitch.Root>
  );
}
