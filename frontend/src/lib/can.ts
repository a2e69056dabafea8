export const PERMISSIONS = [
  'campaigns:read',
  'campaigns:write',
  'leads:read',
  'leads:write',
  'leads:import',
  'accounts:read',
  'accounts:write',
  'inbox:read',
  'inbox:write',
  'analytics:view',
  'org:admin',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

interface Holder {
  permissions: readonly string[];
}

/** Only hides what would be refused anyway; the API decides. */
export function can(who: Holder | null | undefined, permission: Permission): boolean {
  return who?.permissions.includes(permission) ?? false;
}
