// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.xdp.ClosedLoop;
import io.iovtee.bench.xdp.Reflector;
import io.iovtee.it.peers.Needs;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The benchmark's closed loop keeps account of its frames. */
final class ClosedLoopIT {
  @BeforeEach
  void needRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @Test
  void framesThatNobodySendsBackAreLost() {
    try (ClosedLoop uplink = ClosedLoop.create(64, "ring")) {
      uplink.feed();
      assertThat(uplink.lost()).isEqualTo(ClosedLoop.FRAME_COUNT);
      assertThat(uplink.lost()).as("without a feed").isZero();
    }
  }

  @Test
  void framesThatGoRoundAreAllFoundAgain() {
    try (ClosedLoop uplink = ClosedLoop.create(1514, "ring");
        Reflector nearEnd = Reflector.attach(turned(uplink.veth()))) {
      nearEnd.reflect();
      uplink.feed();
      assertThat(uplink.lost()).isZero();
      uplink.feed();
      uplink.feed();
      assertThat(uplink.lost()).as("a feed takes the frames of the one before out").isZero();
    }
  }

  @Test
  void framesThatOneEndDropsAreCountedOnce() {
    try (ClosedLoop uplink = ClosedLoop.create(64, "ring");
        Reflector nearEnd = Reflector.attach(turned(uplink.veth()))) {
      uplink.feed();
      assertThat(uplink.lost()).isEqualTo(ClosedLoop.FRAME_COUNT);
      assertThat(nearEnd.dropped()).isEqualTo(ClosedLoop.FRAME_COUNT);
    }
  }

  private static Veth turned(Veth veth) {
    return new Veth(veth.namespace(), veth.far(), veth.near(), veth.queues());
  }
}
