/** Says what was measured on the way. Nothing is asserted of it: machines are busy. */
export function figure(name: string, value: number): void {
  process.stderr.write(`measured: ${name}: ${value.toLocaleString('en')}\n`);
}
