import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { allowedImports, boundaryPlants } from './boundary-plants.ts';
import { lintClean, lintPlants } from './lint-plants.ts';
import { checkPlanted, type Verdict } from './plant.ts';

const importing = (path: string) => `import * as it from '${path}';\n\nexport const planted = it;\n`;

const others = {
  'src/mistyped.ts': "export const count: number = 'one';\n",
  'src/misformatted.ts': 'export const   loose = "quotes"\n',
  'src/db/used.ts':
    'export const usedByMain = 1;\nexport const usedByNobody = 2;\nexport const usedByTest = 3;\nexport type UnusedShape = string;\n',
  'src/http/main.ts': "import { usedByMain } from '#src/db/used.ts';\n\nprocess.exitCode = usedByMain;\n",
  'test/used.test.ts': "import { usedByTest } from '#src/db/used.ts';\n\nprocess.exitCode = usedByTest;\n",
};

/** One tree with every fault in it, and one run of the very command that CI runs. */
let verdict: Verdict;
const printedBy = (step: string) => verdict.printed[step] ?? '';

beforeAll(() => {
  verdict = checkPlanted({
    ...Object.fromEntries(boundaryPlants.map(({ file, imports }) => [file, importing(imports)])),
    ...Object.fromEntries(allowedImports.map(([file, imports]) => [file, importing(imports)])),
    ...Object.fromEntries(lintPlants.map(({ file, text }) => [file, text])),
    ...lintClean,
    ...others,
  });
}, 120_000);

describe('check', () => {
  it('fails every step that has a fault, and says how many', () => {
    expect(Object.entries(verdict.printed).filter(([, printed]) => printed === null)).toEqual([]);
    expect(verdict.exitCode).toBe(Object.keys(verdict.printed).length);
  });
});

describe('boundaries', () => {
  it.each(boundaryPlants)('$rule: $file may not import $imports', ({ rule, file }) => {
    expect(printedBy('boundaries')).toContain(`error ${rule}: ${file} →`);
  });

  it.each(allowedImports)('lets %s import %s', (file) => {
    const reported = printedBy('boundaries').split('\n');
    expect(reported.filter((line) => line.includes(`: ${file} →`) && !line.includes('no-circular-imports'))).toEqual([]);
  });

  it('has a plant for every rule', async () => {
    const config = (await import(pathToFileURL(resolve('.dependency-cruiser.mjs')).href)) as { default: { forbidden: { name: string }[] } };
    const rules = config.default.forbidden.map(({ name }) => name);
    expect(new Set(boundaryPlants.map(({ rule }) => rule))).toEqual(new Set(rules));
  });
});

describe('lint', () => {
  /** ESLint prints a file's path on a line of its own, its findings below, then an empty line. */
  const findingsIn = (file: string) =>
    printedBy('lint')
      .split('\n\n')
      .find((block) => block.split('\n').some((line) => line.endsWith(`/${file}`))) ?? '';

  it.each(lintPlants)('$rule in $file', ({ rule, file }) => {
    expect(findingsIn(file)).toContain(rule);
  });

  it.each(Object.keys(lintClean))('leaves %s alone', (file) => {
    expect(findingsIn(file)).toBe('');
  });
});

describe('unused code', () => {
  it('is an export that nobody imports, a type as well', () => {
    expect(printedBy('unused')).toMatch(/usedByNobody .*src\/db\/used\.ts/);
    expect(printedBy('unused')).toMatch(/UnusedShape .*src\/db\/used\.ts/);
    expect(printedBy('unused')).not.toContain('usedByMain');
  });

  it('is an export of the product that only a test imports', () => {
    expect(printedBy('unused')).not.toContain('usedByTest');
    expect(printedBy('unused (product)')).toMatch(/usedByTest .*src\/db\/used\.ts/);
    expect(printedBy('unused (product)')).not.toContain('usedByMain');
  });
});

describe('types and format', () => {
  it('finds a value of the wrong type', () => {
    expect(printedBy('types')).toMatch(/src\/mistyped\.ts.*TS2322/);
  });

  it('finds what prettier would write differently', () => {
    expect(printedBy('format')).toContain('src/misformatted.ts');
    expect(printedBy('format')).not.toContain('src/db/used.ts');
  });
});
