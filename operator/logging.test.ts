import { PassThrough } from 'node:stream';
import { createLogging } from './logging.ts';

function collect(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  return { stream, text: () => String(stream.read() ?? '') };
}

test('JSON lines carry time, level, component, message, fields and the text of errors', () => {
  const { stream, text } = collect();
  const logging = createLogging({ encoder: 'JSON', levels: {}, stream });
  logging.component('infrastructure').error('proxy died', { fleet: 'default/eg', error: new Error('exit 1') });
  const line = JSON.parse(text()) as Record<string, unknown>;
  expect(line).toMatchObject({ level: 'error', logger: 'infrastructure', message: 'proxy died', fleet: 'default/eg' });
  expect(line['error']).toContain('Error: exit 1');
  expect(line['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test('a component has its own level, the others the default', () => {
  const { stream, text } = collect();
  const logging = createLogging({ encoder: 'Text', levels: { default: 'warn', xds: 'debug' }, stream });
  logging.component('provider').info('not shown');
  logging.component('xds').debug('shown');
  expect(text()).toMatch(/^\S+ debug xds: shown\n$/);
});

test('text is plain without colour, and fields with spaces are quoted', () => {
  const { stream, text } = collect();
  createLogging({ encoder: 'Text', levels: {}, stream }).component('provider').warn('file', { path: '/a/b.yaml', why: 'not there' });
  expect(text()).toMatch(/ warn {2}provider: file path=\/a\/b\.yaml why="not there"\n$/);
});

test('text on a terminal has colour', () => {
  const { stream, text } = collect();
  createLogging({ encoder: 'Text', levels: {}, stream, color: true }).component('provider').error('broken');
  expect(text()).toContain('\u001b[31merror\u001b[39m');
});

test('levels and form change for loggers that were handed out too', () => {
  const { stream, text } = collect();
  const logging = createLogging({ encoder: 'Text', levels: { default: 'warn' }, stream });
  const logger = logging.component('xds');
  logger.debug('before');
  logging.change({ encoder: 'JSON', levels: { default: 'error', xds: 'debug' } });
  logger.debug('after');
  logging.component('provider').warn('not shown');
  expect(JSON.parse(text())).toMatchObject({ level: 'debug', logger: 'xds', message: 'after' });
});
