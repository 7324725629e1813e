/** Places in an object as people write them: `spec.rules[0].matches[0].path.value`, `metadata.labels["a/b"]`. */

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const fieldOf = (path: string, name: string): string => {
  if (!PLAIN.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
};

export const itemOf = (path: string, index: number): string => `${path}[${index}]`;
