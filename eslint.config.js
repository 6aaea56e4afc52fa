import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Every rule that is named here is proved by a planted violation in test/guards.

const PRODUCT = ['src/**/*.ts', 'queues/**/*.ts', 'workers/**/*.ts'];

const environment = {
  selector:
    "MemberExpression[object.name='process'][property.name='env']:not(CallExpression[callee.name='loadSettings'] > MemberExpression)",
  message: 'Settings are parsed once, in src/config: process.env may only be handed whole to loadSettings().',
};

const MACHINE_CLOCK = 'One clock, passed in: ask now() (src/platform/time.ts), not the machine.';
const machineClock = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: MACHINE_CLOCK },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: MACHINE_CLOCK },
  { selector: "CallExpression[callee.name='Date']", message: MACHINE_CLOCK },
  { selector: "CallExpression[callee.object.name='DateTime'][callee.property.name='now']", message: MACHINE_CLOCK },
  {
    selector: "CallExpression[callee.object.name='DateTime'][callee.property.name=/^(local|utc)$/][arguments.length=0]",
    message: MACHINE_CLOCK,
  },
];

const defaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports: one name for one thing, everywhere.' };

const importPaths = [
  { regex: '^\\.\\./(.*/)?\\.\\./', message: 'Climb no further than one folder: #src/, #queues/, #workers/, #scripts/, #test/.' },
  { regex: '^[.#](?!.*\\.(ts|json)$)', message: 'Node strips types and guesses nothing: end the path with .ts.' },
  { regex: '^(node:)?process$', message: 'process is a global: an imported env would slip past the rule on process.env.' },
];

export default defineConfig(
  { ignores: ['node_modules/', '.data/', 'coverage/', 'docs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // An async function without await keeps the promise of its interface: it rejects where a plain one would throw.
      '@typescript-eslint/require-await': 'off',
      // Plain objects whose functions use no `this`, handed around freely.
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-imports': ['error', { patterns: importPaths }],
      'no-restricted-syntax': ['error', defaultExport],
    },
  },
  {
    files: PRODUCT,
    rules: {
      'max-lines': ['error', { max: 250 }],
      'no-restricted-syntax': ['error', defaultExport, environment, ...machineClock],
    },
  },
  // What reads the machine's clock and the environment for everybody else; and BullMQ, told in start-worker.ts when to run a job, compares
  // with the machine's own clock.
  {
    files: ['src/platform/time*.ts', 'src/db/models/machine-now.ts', 'workers/start-worker.ts'],
    rules: { 'no-restricted-syntax': ['error', defaultExport, environment] },
  },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-syntax': ['error', defaultExport, ...machineClock] } },
  {
    files: ['migrations/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', defaultExport, environment] },
  },
  {
    // Bodies of answers and hand-made documents are `any` by nature here; a wrong guess fails the test.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
