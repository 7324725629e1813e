/** Flow control windows of a stream and of a connection in bytes, downstream and upstream (contract D.7). */
export const HTTP2_WINDOWS = { initialStreamWindowSize: 65_536, initialConnectionWindowSize: 1_048_576 } as const;
