import { DEFAULT_CONTROLLER_NAME, type Settings, unprivilegedPort } from '../settings.ts';

/** Of a controller in a cluster, without what differs from one to the next. */
export const SETTINGS: Settings = {
  controllerName: DEFAULT_CONTROLLER_NAME,
  bindPort: unprivilegedPort,
  bindAddress: '0.0.0.0',
  exclusivePorts: false,
};
