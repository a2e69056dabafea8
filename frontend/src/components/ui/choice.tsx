import { Select } from './input';

/** One of a list, its label for screen readers only. `any` stands first and chooses nothing. */
export function Choice({
  label,
  value,
  onValueChange,
  options,
  any,
  className,
}: {
  label: string;
  value: string | undefined;
  onValueChange: (value: string) => void;
  options: readonly { value: string; label: string }[];
  any?: string;
  className?: string;
}) {
  return (
    <Select
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onValueChange(event.target.value)}
      className={className}
    >
      {any !== undefined && <option value="">{any}</option>}
      {options.map((one) => (
        <option key={one.value} value={one.value}>
          {one.label}
        </option>
      ))}
    </Select>
  );
}
