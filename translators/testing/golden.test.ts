import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expectationsOf, splitCase } from './golden.ts';

const FOLDER = path.resolve(import.meta.dirname, '..');
const BASE = readFileSync(path.join(import.meta.dirname, 'base.yaml'), 'utf8');
const REWRITE = process.env['UPDATE_GOLDEN'] === '1';
const MAX_LINES = 150;

const cases = globSync('{features/*,gateway-api}/cases/*.yaml', { cwd: FOLDER }).sort();

test('there are cases', () => {
  expect(cases.length).toBeGreaterThan(0);
});

test.each(cases)('%s', (file) => {
  const full = path.join(FOLDER, file);
  const { given, expected } = splitCase(readFileSync(full, 'utf8'));
  const actual = expectationsOf(given, BASE);
  if (REWRITE) writeFileSync(full, given + actual);
  else expect(actual).toBe(expected);
  expect((given + actual).split('\n').length).toBeLessThanOrEqual(MAX_LINES);
});
