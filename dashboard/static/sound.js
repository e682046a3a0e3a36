// Tones: one distinct pattern per lamp, heard until answered or muted. Browsers need a person's touch first: arm().

// [frequency Hz, seconds] repeated; 0 Hz is a pause. Fire hurries, gas insists, a fault only reminds.
const TONES = {
  fire: [[960, 0.25], [640, 0.25]],
  gas: [[1250, 0.12], [0, 0.08], [1250, 0.12], [0, 0.3]],
  store: [[500, 0.2], [750, 0.2], [1000, 0.2], [0, 0.4]],
  intrusion: [[1000, 0.2], [750, 0.2], [500, 0.2], [0, 0.4]],
  electrical: [[440, 0.4], [0, 0.2], [440, 0.4], [0, 1.5]],
  warning: [[660, 0.2], [880, 0.3], [0, 4]],
  supervisory: [[520, 0.3], [0, 8]],
  fault: [[330, 0.15], [0, 0.15], [330, 0.15], [0, 5]],
};
const LOUDNESS = 0.25;

export class Sound {
  constructor() {
    this.context = null;
    this.tone = "";
    this.timer = 0;
    this.oscillator = null;
  }

  get armed() {
    return this.context !== null && this.context.state === "running";
  }

  /** Asks the browser for sound. Without a touch it works only where the kiosk's browser was started to allow it. */
  async arm() {
    this.context ??= new AudioContext();
    await this.context.resume();
    const tone = this.tone;
    this.stop();
    this.play(tone);
  }

  /** Does this browser allow sound without a touch? */
  async tryArm() {
    if (navigator.getAutoplayPolicy?.("audiocontext") === "disallowed") return;
    this.context ??= new AudioContext();
  }

  play(tone) {
    const wanted = tone in TONES ? tone : "";
    if (wanted === this.tone && (this.oscillator || !wanted)) return;
    this.stop();
    this.tone = wanted;
    document.body.dataset.tone = wanted;
    if (wanted && this.armed) this.round();
  }

  /** Plays one short tone, so that a person hears that sound works; never over an alarm's own. */
  prove() {
    if (!this.armed || this.tone) return;
    this.play("supervisory");
    setTimeout(() => this.tone === "supervisory" && this.stop(), 600);
  }

  round() {
    const pattern = TONES[this.tone];
    let at = this.context.currentTime + 0.02;
    this.oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    this.oscillator.type = "square";
    this.oscillator.connect(gain).connect(this.context.destination);
    const began = at;
    for (const [frequency, seconds] of pattern) {
      gain.gain.setValueAtTime(frequency ? LOUDNESS : 0, at);
      if (frequency) this.oscillator.frequency.setValueAtTime(frequency, at);
      at += seconds;
    }
    this.oscillator.start(began);
    this.oscillator.stop(at);
    this.timer = setTimeout(() => this.round(), (at - this.context.currentTime) * 1000 - 20);
  }

  stop() {
    clearTimeout(this.timer);
    this.oscillator?.stop();
    this.oscillator = null;
    this.tone = "";
    document.body.dataset.tone = "";
  }
}
