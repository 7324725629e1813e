import type { Endpoint, EndpointAddress } from './bound-server.ts';

type Open = (address: EndpointAddress) => Promise<Endpoint>;

/** An endpoint that may listen at another address later on. */
export class MovableEndpoint {
  readonly #open: Open;
  #address: EndpointAddress;
  #endpoint: Endpoint;

  private constructor(open: Open, address: EndpointAddress, endpoint: Endpoint) {
    this.#open = open;
    this.#address = address;
    this.#endpoint = endpoint;
  }

  /** Rejects as `open` does. */
  static async start(open: Open, address: EndpointAddress): Promise<MovableEndpoint> {
    return new MovableEndpoint(open, address, await open(address));
  }

  get port(): number {
    return this.#endpoint.port;
  }

  /** Where that address cannot be had, it goes back to the old one and rejects. The same address is no move. Answers whether it moved. */
  async move(address: EndpointAddress): Promise<boolean> {
    if (address.host === this.#address.host && address.port === this.#address.port) return false;
    const old = { host: this.#address.host, port: this.#endpoint.port };
    // One port on another address of this machine may exclude the old one.
    await this.#endpoint.close();
    try {
      this.#endpoint = await this.#open(address);
      this.#address = address;
    } catch (error) {
      this.#endpoint = await this.#open(old);
      throw error;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#endpoint.close();
  }
}
