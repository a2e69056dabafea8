const NAMES =
  'Ada Berit Carlos Dana Emil Freya Goran Hana Ivo Jana Karim Lucia Nora Otto Petra Rosa Sven Viggo Wanda'.split(
    ' ',
  );

/** Invented people of one invented house; in the mail world none of them bounces or answers by itself. */
export const LEADS = NAMES.map((name, position) => ({
  email: `${name.toLowerCase()}@tidemark.example`,
  firstName: name,
  lastName: 'Moor',
  company: `Tidemark ${position + 1}`,
}));

const BEFORE_BROKEN = 8;

/** The line of the file with an address that is none. */
export const BROKEN_LINE = BEFORE_BROKEN + 2;

/** The people as a file, semicolons and all, with one broken row among them. */
export function peopleCsv(): string {
  const rows = LEADS.map((lead) => [lead.email, lead.firstName, lead.lastName, lead.company]);
  rows.splice(BEFORE_BROKEN, 0, ['not-an-address', 'Nobody', 'Atall', 'Tidemark']);
  return [['E-Mail', 'First name', 'Last name', 'Company'], ...rows].map((row) => row.join(';')).join('\r\n');
}
