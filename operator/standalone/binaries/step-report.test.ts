import { stepReport } from './step-report.ts';

function recorder(isTTY: boolean) {
  const clock = { now: 0 };
  const written: string[] = [];
  return { clock, written, report: stepReport({ isTTY, write: (text: string) => written.push(text) }, () => clock.now) };
}

test('in a pipe progress is a plain line every ten seconds', () => {
  const { clock, written, report } = recorder(false);
  report.line('downloading');
  for (clock.now = 500; clock.now <= 25_000; clock.now += 500) report.progress(`at ${clock.now}`);
  expect(written).toEqual(['downloading\n', 'at 10000\n', 'at 20000\n']);
});

test('on a terminal progress rewrites its line, and the next line replaces it', () => {
  const { clock, written, report } = recorder(true);
  report.line('downloading');
  clock.now = 50;
  report.progress('too soon');
  clock.now = 150;
  report.progress('half');
  report.line('done');
  report.line('next');
  expect(written).toEqual(['downloading\n', '\r\u001b[Khalf', '\r\u001b[Kdone\n', 'next\n']);
});
