import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { splitCase } from '../../../translators/testing/golden.ts';
import { infraExpectationsOf } from './testing/infra-golden.ts';

const CASES = path.join(import.meta.dirname, 'cases');
const BASE = readFileSync(path.resolve(import.meta.dirname, '../../../translators/testing/base.yaml'), 'utf8');
const REWRITE = process.env['UPDATE_GOLDEN'] === '1';
const MAX_LINES = 150;

const cases = globSync('*.yaml', { cwd: CASES }).sort();

test('there are cases', () => {
  expect(cases.length).toBeGreaterThan(0);
});

test.each(cases)('%s', (file) => {
  const full = path.join(CASES, file);
  const { given, expected } = splitCase(readFileSync(full, 'utf8'));
  const actual = infraExpectationsOf(given, BASE);
  if (REWRITE) writeFileSync(full, given + actual);
  else expect(actual).toBe(expected);
  expect((given + actual).split('\n').length).toBeLessThanOrEqual(MAX_LINES);
});
