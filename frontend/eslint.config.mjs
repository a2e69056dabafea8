import next from 'eslint-config-next';
import { readdirSync } from 'node:fs';

import effectReturns from './lint/effect-returns.mjs';
import typedIntoAddress from './lint/typed-into-address.mjs';

/** Names of the folders in `path`: zones are made from what is there, so a new room is covered at once. */
const foldersIn = (path) =>
  readdirSync(new URL(path, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

// Each floor may import the floors before it: lib, hooks <- components <- features <- app.
const FLOORS = [['lib'], ['hooks'], ['components'], ['features'], ['app']];
const zones = FLOORS.flatMap((floor, height) =>
  floor.flatMap((target) =>
    FLOORS.slice(height + 1)
      .flat()
      .map((from) => ({
        target: `./src/${target}`,
        from: `./src/${from}`,
        message: `${target} is below ${from}: pass it in from above instead.`,
      })),
  ),
);
const features = foldersIn('./src/features/');
for (const feature of features)
  zones.push({
    target: `./src/features/${feature}`,
    from: './src/features',
    except: [`./${feature}`],
    message: 'A feature never imports another: compose them in app, or move the shared part down.',
  });

const config = [
  { ignores: ['.next/**', 'out/**', 'node_modules/**', 'src/lib/generated/**', 'next-env.d.ts'] },
  ...next,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    plugins: {
      reachly: { rules: { 'effect-returns': effectReturns, 'typed-into-address': typedIntoAddress } },
    },
    rules: {
      'reachly/effect-returns': 'error',
      'reachly/typed-into-address': 'error',
      'import/no-restricted-paths': ['error', { zones, basePath: import.meta.dirname }],
      // Cycles: `lint/cycles.test.mjs`, in a second where `import/no-cycle` took minutes.
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'next/navigation',
              importNames: ['useParams'],
              message: 'In a static export it always answers the placeholder: use hooks/use-route-param.',
            },
          ],
        },
      ],
      'no-console': ['error', { allow: ['warn', 'error'] }],
      // Reads a ref or a store on purpose in a few places; the compiler itself is not in use.
      'react-hooks/incompatible-library': 'off',
    },
  },
];
export default config;
