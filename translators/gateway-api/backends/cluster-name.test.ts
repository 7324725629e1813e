import { clusterName, loadAssignmentName } from './cluster-name.ts';

const backend = loadAssignmentName({ namespace: 'shop', service: 'api', port: 8080 });

test('a backend with default settings is called by what it is', () => {
  expect(backend).toBe('service/shop/api/8080');
  expect(clusterName(backend, { protocol: 'http1', tls: undefined })).toBe('service/shop/api/8080');
});

test('other settings add their hash: the same for all backends, and stable over releases', () => {
  expect(clusterName(backend, { protocol: 'http2', tls: undefined })).toBe('service/shop/api/8080/e0f3bca6');
  expect(clusterName(loadAssignmentName({ namespace: 'shop', service: 'web', port: 80 }), { protocol: 'http2', tls: undefined })).toBe(
    'service/shop/web/80/e0f3bca6',
  );
});
