// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static io.iovtee.vswitch.vhost.SessionUnderTest.NO_FDS;
import static io.iovtee.vswitch.vhost.SessionUnderTest.pair;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a front-end must not do, by the numbers of the hostile-input list: negotiation, floods,
 * order of messages. M01 to M07 and M09 are in {@link VhostUserConnectionTest}, M14 to M21 in
 * {@link HostileRingTest}, M22 to M30 in {@link HostileMemoryTest}, M38 to M40 in {@link
 * VhostUserPortTest}.
 */
final class HostileFrontendTest extends HostileSession {
  @Test
  void m04_unknownRequestIsAnsweredWhenAnAnswerIsAskedFor() {
    test.channel.send(20, FrontendChannel.VERSION | FrontendChannel.NEED_REPLY, new byte[8]);

    assertThat(test.serve()).as("the connection lives on").isTrue();
    assertThat(test.channel.receive(20)).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 19, 20, 22, 24, 28, 31, 36, 37, 41, 1000, -1})
  void m04_m36_requestOfAFeatureThatWasNotOfferedEndsTheConnection(int request) {
    test.channel.send(request, FrontendChannel.VERSION, new byte[8]);
    test.serve();

    assertRefused("request is not implemented and was not offered");
  }

  @Test
  void m08_floodOfStateLeavesNothingBehind() {
    test.run(memory);
    ProcessResources running = ProcessResources.now();
    long heldBefore = heapUsed();
    try (EventFd fd = EventFd.create()) {
      for (int i = 0; i < 3000; i++) {
        send(VhostUserRequest.SET_VRING_CALL, new Fd[] {fd.fd()}, 3);
        send(VhostUserRequest.SET_VRING_ERR, new Fd[] {fd.fd()}, 3);
        send(VhostUserRequest.SET_VRING_KICK, new Fd[] {fd.fd()}, 3);
        send(VhostUserRequest.SET_VRING_NUM, NO_FDS, pair(3, 1L << i % 16));
        if (i % 10 == 0) {
          send(
              VhostUserRequest.SET_MEM_TABLE,
              new Fd[] {memory.fd()},
              SessionUnderTest.table(memory));
        }
      }
    }
    assertThat(test.ended).isFalse();
    ProcessResources after = ProcessResources.now();
    assertThat(after.mappings()).isEqualTo(running.mappings());
    assertThat(after.descriptors().size() - running.descriptors().size())
        .as("a call, a kick and an error descriptor")
        .isEqualTo(3);
    assertThat(heapUsed() - heldBefore).isLessThan(16 << 20);
  }

  private static long heapUsed() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void m08_messagesPerTickAreBounded() {
    // In one write: a thousand packets would not fit into the socket.
    ByteBuffer flood = ByteBuffer.allocate(1000 * 20).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 1000; i++) {
      flood.putInt(VhostUserRequest.SET_VRING_NUM.number()).putInt(1).putInt(8);
      flood.putLong(pair(0, 256));
    }
    test.channel.sendRaw(flood.array());
    test.serve();
    assertThat(test.session.info("").messages()).isEqualTo(256);
    assertThat(test.session.pauseNs()).isPositive();

    test.serve();
    assertThat(test.session.info("").messages()).as("same tick").isEqualTo(256);
    test.advanceMs(VhostUserLimits.TICK_MS);
    test.serve();
    assertThat(test.session.info("").messages()).isEqualTo(512);
  }

  @Test
  void m10_ownReplyIsNotFollowedByAnAcknowledgement() {
    test.channel.send(VhostUserRequest.GET_FEATURES, true, NO_FDS);
    test.channel.send(VhostUserRequest.GET_QUEUE_NUM, true, NO_FDS);
    test.serve();

    assertThat(test.channel.receive(VhostUserRequest.GET_FEATURES)).isNotZero();
    assertThat(test.channel.receive(VhostUserRequest.GET_QUEUE_NUM)).isEqualTo(2);
    assertThat(nothingMoreToRead()).isTrue();
  }

  @Test
  void m10_noAcknowledgementWithoutTheFlag() {
    test.run(memory);

    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 0));

    assertThat(nothingMoreToRead()).isTrue();
  }

  private boolean nothingMoreToRead() {
    return !test.channel.hasInput();
  }

  @Test
  void m10_refusalIsAcknowledgedOnceAndNegatively() {
    test.negotiate();
    test.channel.send(VhostUserRequest.SET_VRING_NUM, true, NO_FDS, pair(0, 3));
    test.serve();

    assertThat(test.channel.receive(VhostUserRequest.SET_VRING_NUM)).isNotZero();
    assertRefused("ring size must be a power of two <= 32768: size=3, vring=0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 16, 17, 24, 26, 34, 35, 62, 63})
  void m11_featureThatWasNotOffered(int bit) {
    test.send(VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES | 1L << bit);

    assertRefused("took features that were not offered");
  }

  @Test
  void m11_featuresMustNotChangeWhileRingsRun() {
    test.run(memory);
    assertThat(test.send(VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES))
        .as("the same ones again are no change")
        .isTrue();

    test.send(
        VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES | VirtioFeature.EVENT_IDX.mask());

    assertRefused("features must not change while rings run");
  }

  @Test
  void m11_ringWithoutVersionOneDoesNotStart() {
    test.send(VhostUserRequest.SET_FEATURES, 0);
    test.shareMemory(memory);

    test.setUpRing(memory, 0);

    assertRefused("must acknowledge VERSION_1");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 9, 12, 13, 15, 17, 19, 63})
  void m12_protocolFeatureThatWasNotOffered(int bit) {
    test.ask(VhostUserRequest.GET_PROTOCOL_FEATURES);

    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, 1L << bit);

    assertRefused("took protocol features that were not offered");
  }

  @Test
  void m12_protocolFeaturesBeforeTheyWereAskedFor() {
    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, 0);

    assertRefused("SET_PROTOCOL_FEATURES came before GET_PROTOCOL_FEATURES");
  }

  @Test
  void m12_protocolFeaturesMustNotChangeWhileRingsRun() {
    test.run(memory);

    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, ProtocolFeature.MQ.mask());

    assertRefused("protocol features must not change while rings run");
  }

  @ParameterizedTest
  @EnumSource(
      value = VhostUserRequest.class,
      names = {"SET_VRING_NUM", "SET_VRING_BASE", "GET_VRING_BASE", "SET_VRING_ENABLE"})
  void m13_indexOutOfRangeAtItsFullWidth(VhostUserRequest request) {
    for (long index : new long[] {4, 255, 256, 0x10000, 0x10000000, 0x7fffffff, 0x80000000L}) {
      try (SessionUnderTest other = new SessionUnderTest()) {
        other.send(request, pair(index, 1));

        assertThat(other.reason).contains("front-end uses vring " + index + ", the port has 4");
      }
    }
  }

  @Test
  void m13_addressesOfARingOutOfRange() {
    test.negotiate();
    test.shareMemory(memory);

    test.send(VhostUserRequest.SET_VRING_ADDR, 0x100000000L - 1, 0, 0, 0, 0);

    assertRefused("front-end uses vring 4294967295, the port has 4");
  }

  @ParameterizedTest
  @EnumSource(
      value = VhostUserRequest.class,
      names = {"SET_VRING_KICK", "SET_VRING_CALL", "SET_VRING_ERR"})
  void m13_kickCallAndErrorIndices(VhostUserRequest request) {
    for (long payload : new long[] {4, 0xff, 0x104, 0x1ff}) {
      assertNotifierRefused(request, payload, "front-end uses vring " + (payload & 0xff));
    }
    for (long payload : new long[] {0x200, 0x301, 1L << 32, 1L << 63, 0xffff0000L}) {
      assertNotifierRefused(request, payload, "only bits 0-8 of the payload have a meaning");
    }
  }

  private static void assertNotifierRefused(VhostUserRequest request, long payload, String why) {
    try (SessionUnderTest other = new SessionUnderTest();
        EventFd fd = EventFd.create()) {
      Fd[] fds = (payload & 0x100) != 0 ? NO_FDS : new Fd[] {fd.fd()};
      other.send(request, fds, payload);

      assertThat(other.reason).as("payload 0x%x", payload).contains(why);
    }
  }

  @Test
  void m37_ownerTwiceAndResetOwnerWhileRunning() {
    test.run(memory);
    test.send(VhostUserRequest.SET_OWNER);
    test.send(VhostUserRequest.SET_OWNER);
    assertThat(test.backend.rings).hasSize(2);

    test.send(VhostUserRequest.RESET_OWNER);

    assertThat(test.ended).isFalse();
    assertThat(test.backend.rings).isEmpty();
    test.run(memory);
    assertThat(test.backend.rings).as("it can start all over").hasSize(2);
  }

  @Test
  void m37_statusBeyondEightBits() {
    test.send(VhostUserRequest.SET_STATUS, 0x100);

    assertRefused("device status must be 0..255: status=0x100");
  }

  @Test
  void m02_silentFrontEndLosesItsPlace() {
    test.advanceMs(4999);
    assertThat(test.serve()).isTrue();
    assertThat(test.session.remainingNs()).isEqualTo(1_000_000);

    test.advanceMs(1);
    test.serve();

    assertRefused("front-end said nothing for 5000 ms after connecting");
  }

  @Test
  void m02_frontEndThatSpokeMayBeSilent() {
    test.send(VhostUserRequest.SET_OWNER);
    test.advanceMs(3_600_000);

    assertThat(test.serve()).isTrue();
  }
}
