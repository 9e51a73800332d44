// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The judge of the traffic tests must see every kind of fault. */
final class DeliveryLogTest {
  private final DeliveryLog log = new DeliveryLog(2);

  private void send(int flow, int count) {
    for (int i = 0; i < count; i++) {
      log.sent(flow);
    }
  }

  @Test
  void allBackInOrder() {
    send(0, 3);
    send(1, 1);
    log.received(0, 0);
    log.received(1, 0);
    log.received(0, 1);
    log.received(0, 2);
    assertThat(log.result()).isEqualTo(new TrafficResult(4, 4, 0, 0, 0, 0, 0));
    assertThat(log.result().perfect()).isTrue();
  }

  @Test
  void lost() {
    send(0, 3);
    log.received(0, 0);
    log.received(0, 2);
    assertThat(log.result()).isEqualTo(new TrafficResult(3, 2, 1, 0, 0, 0, 0));
    assertThat(log.result().perfect()).isFalse();
    assertThat(log.result().flawless()).isTrue();
  }

  @Test
  void duplicated() {
    send(0, 2);
    log.received(0, 0);
    log.received(0, 1);
    log.received(0, 0);
    assertThat(log.result()).isEqualTo(new TrafficResult(2, 3, 0, 1, 0, 0, 0));
    assertThat(log.result().flawless()).isFalse();
  }

  @Test
  void reorderedWithinAFlow() {
    send(0, 3);
    log.received(0, 0);
    log.received(0, 2);
    log.received(0, 1);
    assertThat(log.result()).isEqualTo(new TrafficResult(3, 3, 0, 0, 1, 0, 0));
    assertThat(log.result().flawless()).isFalse();
  }

  @Test
  void orderBetweenFlowsIsFree() {
    send(0, 1);
    send(1, 1);
    log.received(1, 0);
    log.received(0, 0);
    assertThat(log.result().perfect()).isTrue();
  }

  @Test
  void corruptedCountsAsLostToo() {
    send(0, 1);
    log.receivedCorrupted();
    assertThat(log.result()).isEqualTo(new TrafficResult(1, 1, 1, 0, 0, 1, 0));
    assertThat(log.result().flawless()).isFalse();
  }

  @Test
  void foreign() {
    send(0, 1);
    log.received(0, 0);
    log.received(0, 1);
    log.received(0, -1);
    log.received(2, 0);
    log.received(-1, 0);
    assertThat(log.result()).isEqualTo(new TrafficResult(1, 5, 0, 0, 0, 0, 4));
    assertThat(log.result().flawless()).isFalse();
  }
}
