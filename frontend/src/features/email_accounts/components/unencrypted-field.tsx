import {
  useWatch,
  type Control,
  type FieldPath,
  type FieldValues,
  type UseFormReturn,
} from 'react-hook-form';

import { SwitchField } from '@/components/forms/fields';

/** Asked only where no security is chosen: the server refuses it otherwise, and says the same. */
export function UnencryptedField<V extends FieldValues>({
  form,
  security,
  name,
}: {
  form: UseFormReturn<V, unknown, FieldValues>;
  security: FieldPath<V>;
  name: FieldPath<V>;
}) {
  const chosen: unknown = useWatch({ control: form.control as Control<V>, name: security });
  if (chosen !== 'none') return null;
  return (
    <SwitchField<V>
      form={form as never}
      name={name}
      className="mt-3"
      label="Send the password unencrypted"
      hint="Anybody on the way can read it. Choose TLS or STARTTLS unless the server offers neither."
    />
  );
}
