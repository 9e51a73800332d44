// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.BufferList;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;
import io.iovtee.api.RxBufferSource;
import java.util.ArrayList;
import java.util.List;

/** The simplest source: lends what the guest posted, and gives to the copy path what comes back. */
final class LendingSource implements RxBufferSource {
  private final GuestReceiveRing ring;
  private final PostedBuffers posted = new PostedBuffers();

  /** Bytes of foreign frames in the buffers that came back. */
  final List<Integer> writtenLengths = new ArrayList<>();

  /** Posted buffers that stay with the copy path. */
  int reserve;

  int lent;
  int refusals;
  boolean stopped;

  LendingSource(GuestReceiveRing ring) {
    this.ring = ring;
  }

  @Override
  public String name() {
    return "test";
  }

  @Override
  public int lend(BufferList out, int max) {
    int wanted = Math.min(max, BufferList.CAPACITY - out.count);
    int n = ring.take(posted, Math.min(wanted, Math.max(0, ring.available() - reserve)));
    for (int i = 0; i < n; i++) {
      out.add(posted.address[i] + GuestReceiveRing.HEADER_LENGTH, posted.head[i]);
    }
    lent += n;
    return n;
  }

  @Override
  public void giveBack(int token, int writtenLength) {
    if (writtenLength > 0) {
      writtenLengths.add(writtenLength);
    }
    ring.giveBack(token);
  }

  @Override
  public void refused(int token) {
    refusals++;
    ring.giveBack(token);
  }

  @Override
  public void stopped() {
    stopped = true;
  }
}
