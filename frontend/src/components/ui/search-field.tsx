'use client';
import { Search, X } from 'lucide-react';
import { useRef, type KeyboardEvent } from 'react';

import { useTypedText } from '@/hooks/use-typed-text';
import { cn } from '@/lib/cn';

import { fieldStyle } from './input';

interface SearchFieldProps {
  /** What is asked for now, as the address or the owner has it. */
  value: string;
  /** Told a moment after the last key, at once by Enter, by Escape, and when the field is left. */
  onValueChange: (value: string) => void;
  label: string;
  placeholder?: string;
  className?: string;
}

/** Where one searches. It owns what is typed, so however late `value` follows, no letter is lost. */
export function SearchField({ value, onValueChange, label, placeholder, className }: SearchFieldProps) {
  const { text, type, tell, onFocus, onBlur } = useTypedText(value, onValueChange);
  const input = useRef<HTMLInputElement>(null);
  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') tell(text);
    if (event.key === 'Escape' && text !== '') {
      event.preventDefault();
      tell('');
    }
  }
  return (
    <span className={cn('relative inline-flex', className)}>
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-3"
        aria-hidden
      />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onBlur={onBlur}
        className={cn(
          fieldStyle,
          'h-8 pr-7 pl-8 pointer-coarse:h-10 [&::-webkit-search-cancel-button]:hidden',
        )}
      />
      {text !== '' && (
        <button
          type="button"
          onClick={() => {
            tell('');
            input.current?.focus();
          }}
          className="absolute top-1/2 right-1.5 -translate-y-1/2 rounded-sm p-1 text-ink-3 hover:text-ink"
          aria-label="Clear search"
        >
          <X className="size-3.5" aria-hidden />
        </button>
      )}
    </span>
  );
}
