// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import io.iovtee.bench.xdp.LiveCounts;
import io.iovtee.bench.xdp.LiveProcess;
import org.jspecify.annotations.Nullable;

/** Generator at the far end of a veth pair and sink behind the switch, in one process. */
final class LiveFunction implements NetworkFunction {
  private final LiveProcess live;
  private final @Nullable TestpmdSwitch receiver;
  private LiveCounts begin;

  /**
   * Sends from now on.
   *
   * @param receiver counts what arrives, for a process without a sink
   */
  LiveFunction(LiveProcess live, @Nullable TestpmdSwitch receiver) {
    this.live = live;
    this.receiver = receiver;
    this.begin = live.startSending();
  }

  @Override
  public PeerProcess process() {
    return live.process();
  }

  @Override
  public String version() {
    return "sink of ours, live frames";
  }

  @Override
  public int tscMhz() {
    return 0;
  }

  @Override
  public boolean reached() {
    return received(live.counts()).received() > 0;
  }

  private LiveCounts received(LiveCounts counts) {
    return receiver == null ? counts : counts.withReceived(receiver.received());
  }

  @Override
  public void mark() {
    begin = received(live.counts());
  }

  @Override
  public Rates rates() {
    LiveCounts now = received(live.counts());
    LiveCounts done = now.minus(begin);
    if (done.received() == 0) {
      throw new PeerException(process().failure("no frame comes any more"));
    }
    if (now.foreign() > 0) {
      throw new PeerException(process().failure("frames of a wrong length: " + now.foreign()));
    }
    return new Rates(done.receivedMpps(), done.sentMpps(), Double.NaN);
  }

  @Override
  public Totals hold() {
    LiveCounts end = received(live.stopSending());
    return new Totals(end.sent(), end.received());
  }

  @Override
  public void release() {
    live.startSending();
  }

  @Override
  public void close() {
    live.close();
  }
}
