// The tabs of one browser share one stream: one follows the server and tells the others. Browsers open six connections to a host and no
// more, so the seventh tab would otherwise hang. Needs no secure page; where BroadcastChannel is missing each tab follows by itself.

export class Tabs {
  /** `hear` gets {event, id, data} from the tab that leads; `yield_` is called when another one leads with an older right. */
  constructor(hear, yield_) {
    this.own = `${Date.now()}-${Math.random()}`; // the older tab leads
    this.leads = false;
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("campus-stream") : null;
    if (!this.channel) return;
    this.channel.onmessage = ({ data: message }) => {
      if (message.ask) {
        if (this.leads) this.channel.postMessage({ here: true, from: this.own });
        return;
      }
      if (this.leads && message.from < this.own) {
        this.leads = false;
        yield_();
      }
      if (!this.leads && message.event) hear(message);
    };
    addEventListener("pagehide", () => this.leads && this.channel.postMessage({ gone: true, from: this.own }));
  }

  /** Whoever leads already says so, and this tab yields to an older one: until then it follows by itself, so that nobody waits. */
  ask() {
    this.channel?.postMessage({ ask: true, from: this.own });
  }

  tell(event) {
    if (this.leads) this.channel?.postMessage({ event: event.type, id: event.lastEventId, data: event.data, from: this.own });
  }
}
