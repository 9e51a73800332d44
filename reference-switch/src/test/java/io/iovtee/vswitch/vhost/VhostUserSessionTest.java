// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static io.iovtee.vswitch.vhost.SessionUnderTest.NO_FDS;
import static io.iovtee.vswitch.vhost.SessionUnderTest.pair;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the requests of a well-behaved front-end do: negotiation, rings, memory, status. */
final class VhostUserSessionTest {
  private static final int DRIVER_OK = 0x0f;

  private final ProcessResources before = ProcessResources.now();
  private FrontendMemory memory;
  private SessionUnderTest test;

  @BeforeEach
  void connect() {
    memory = FrontendMemory.create(SessionUnderTest.MEMORY_LENGTH, false);
    test = new SessionUnderTest();
    test.serve();
  }

  @AfterEach
  void nothingLeaks() {
    test.close();
    memory.close();
    before.assertNothingLeaked();
    assertThat(test.backend.disconnections).isEqualTo(test.backend.connections);
  }

  @Test
  void offersWhatItImplements() {
    assertThat(VirtioFeature.describe(test.ask(VhostUserRequest.GET_FEATURES)))
        .isEqualTo("MRG_RXBUF|MQ|INDIRECT_DESC|EVENT_IDX|PROTOCOL_FEATURES|VERSION_1");
    assertThat(ProtocolFeature.names(test.ask(VhostUserRequest.GET_PROTOCOL_FEATURES)))
        .containsExactly("MQ (0)", "REPLY_ACK (3)", "STATUS (16)");
    assertThat(test.ask(VhostUserRequest.GET_QUEUE_NUM)).isEqualTo(2);
  }

  @Test
  void offersInOrderOnlyWhenConfiguredAndMultiQueueOnlyWithMoreThanOnePair() {
    var options = VhostUserPortOptions.server(Path.of("test.sock")).withInOrder(true);
    try (var single = new SessionUnderTest(new FakeGuestPort("nf2", 1), options)) {
      long offered = single.ask(VhostUserRequest.GET_FEATURES);

      assertThat(VirtioFeature.IN_ORDER.in(offered)).isTrue();
      assertThat(VirtioFeature.MQ.in(offered)).isFalse();
      assertThat(VirtioFeature.RING_PACKED.in(offered)).isFalse();
    }
  }

  @Test
  void ringsStartWithDriverOkWhereTheStatusIsReported() {
    test.negotiate();
    test.shareMemory(memory);
    test.setUpRing(memory, 0);
    assertThat(test.backend.rings).isEmpty();

    test.send(VhostUserRequest.SET_STATUS, DRIVER_OK);

    assertThat(test.backend.rings.keySet()).containsExactly(0);
    assertThat(test.backend.rings.get(0).enabled).isFalse();
    assertThat(test.ask(VhostUserRequest.GET_STATUS)).isEqualTo(DRIVER_OK);
    assertThat(test.backend.info.status()).isEqualTo(DRIVER_OK);
  }

  @Test
  void ringsStartWithTheirKickWhereTheStatusIsNotReported() {
    test.ask(VhostUserRequest.GET_PROTOCOL_FEATURES);
    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, 0);
    test.send(VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES);
    test.shareMemory(memory);

    test.setUpRing(memory, 1);

    assertThat(test.backend.rings.keySet()).containsExactly(1);
  }

  @Test
  void ringsAreEnabledFromTheStartWithoutProtocolFeatures() {
    test.send(VhostUserRequest.SET_FEATURES, VirtioFeature.VERSION_1.mask());
    test.shareMemory(memory);

    test.setUpRing(memory, 0);

    assertThat(test.backend.rings.get(0).enabled).isTrue();
  }

  @Test
  void enableBeforeEverythingElseCountsWhenTheRingStarts() {
    for (int i = 0; i < 20; i++) {
      test.send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 1));
    }
    test.negotiate();
    test.shareMemory(memory);
    test.setUpRing(memory, 0);
    test.send(VhostUserRequest.SET_STATUS, DRIVER_OK);

    assertThat(test.backend.rings.get(0).enabled).isTrue();
    assertThat(test.backend.events).noneMatch(event -> event.startsWith("ringEnabled"));
  }

  @Test
  void secondPairIsEnabledAfterDriverOk() {
    test.run(memory);
    test.setUpRing(memory, 2);
    test.setUpRing(memory, 3);

    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(2, 1));
    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(3, 1));

    assertThat(test.backend.rings.keySet()).containsExactly(0, 1, 2, 3);
    assertThat(test.backend.rings.values()).allMatch(ring -> ring.enabled);
    assertThat(test.backend.events).contains("ringEnabled 2 true", "ringEnabled 3 true");
  }

  @Test
  void ringIsTranslatedFromTheFrontEndsAddresses() {
    test.run(memory);

    var setup = test.backend.rings.get(1).setup;
    AddressSpace.putLong(SessionUnderTest.ringAddress(memory, 1), 0x1122334455667788L);

    assertThat(AddressSpace.getLong(setup.descAddress())).isEqualTo(0x1122334455667788L);
    assertThat(setup.availAddress() - setup.descAddress()).isEqualTo(0x1000);
    assertThat(setup.usedAddress() - setup.descAddress()).isEqualTo(0x2000);
    assertThat(setup.size()).isEqualTo(SessionUnderTest.RING_SIZE);
    assertThat(setup.features()).isEqualTo(SessionUnderTest.FEATURES);
  }

  @Test
  void getVringBaseStopsTheRingAndAnswersWhereItStopped() {
    test.run(memory);
    test.backend.stopAt = 0x8001;

    assertThat(test.ask(VhostUserRequest.GET_VRING_BASE, pair(1, 0))).isEqualTo(pair(1, 0x8001));

    assertThat(test.backend.rings.keySet()).containsExactly(0);
    assertThat(test.ask(VhostUserRequest.GET_VRING_BASE, pair(1, 0)))
        .as("asked again")
        .isEqualTo(pair(1, 0x8001));
  }

  @Test
  void stoppedRingStartsAgainWithItsNextKick() {
    test.run(memory);
    test.ask(VhostUserRequest.GET_VRING_BASE, pair(0, 0));
    AddressSpace.putShort(test.backend.rings.get(1).setup.usedAddress() + 2, (short) 0);
    usedIndex(0, 7);

    test.send(VhostUserRequest.SET_VRING_BASE, pair(0, 7));
    assertThat(test.backend.rings.keySet()).containsExactly(1);
    test.send(VhostUserRequest.SET_VRING_KICK, 0x100);

    assertThat(test.backend.rings.get(0).setup.nextAvail()).isEqualTo(7);
    assertThat(test.backend.rings.get(0).kick).as("polled").isNull();
  }

  @Test
  void usedRingWinsOverABaseThatDisagrees() {
    test.negotiate();
    test.shareMemory(memory);
    usedIndex(0, 300);

    test.setUpRing(memory, 0);
    test.send(VhostUserRequest.SET_STATUS, DRIVER_OK);

    assertThat(test.backend.rings.get(0).setup.nextAvail()).isEqualTo(300);
    assertThat(test.backend.rings.get(0).setup.nextUsed()).isEqualTo(300);
  }

  private void usedIndex(int vring, int index) {
    long used = SessionUnderTest.ringAddress(memory, vring) + 0x2000;
    AddressSpace.putShort(used + 2, (short) index);
  }

  /** What a virtio-user server says to a back-end that comes back, before anything else. */
  @Test
  void firstMessagesAfterAReconnectAreAnsweredWithoutAnyState() {
    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 0));
    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(1, 0));

    assertThat(test.ask(VhostUserRequest.GET_VRING_BASE, pair(0, 0))).isEqualTo(pair(0, 0));
    assertThat(test.ask(VhostUserRequest.GET_VRING_BASE, pair(1, 0))).isEqualTo(pair(1, 0));
    test.channel.send(VhostUserRequest.SET_STATUS, true, NO_FDS, 0);
    test.serve();
    assertThat(test.channel.receive(VhostUserRequest.SET_STATUS))
        .as("acknowledged although nothing was negotiated on this connection")
        .isZero();
    test.run(memory);

    assertThat(test.backend.rings.keySet()).containsExactly(0, 1);
  }

  @Test
  void newMemoryTableMovesRunningRings() {
    test.run(memory);
    var old = test.backend.memory;
    long before = functionMappings();
    try (FrontendMemory more = FrontendMemory.create(1 << 20, false)) {
      Fd[] fds = {more.fd(), memory.fd()};
      test.send(
          VhostUserRequest.SET_MEM_TABLE,
          fds,
          2,
          more.guestAddress(),
          more.length(),
          more.frontendAddress(),
          0,
          memory.guestAddress(),
          memory.length(),
          memory.frontendAddress(),
          0);
    }

    assertThat(test.backend.memory).isNotSameAs(old);
    assertThat(test.backend.events).endsWith("memoryChanged regions=2 rings=2");
    assertThat(test.backend.rings.get(0).setup.memory()).isSameAs(test.backend.memory);
    assertThat(test.backend.info.regions()).hasSize(2);
    assertThat(functionMappings())
        .as("one region more; the old table is unmapped")
        .isEqualTo(before + 1);
  }

  /** A machine's lowest memory is never empty: its firmware was there. */
  @Test
  void memoryThatTheGuestDoesNotShareIsNoticed() {
    test.negotiate();
    try (FrontendMemory machine = FrontendMemory.create(1 << 20, false)) {
      Fd[] fds = {machine.fd()};
      long[] table = {1, 0, machine.length(), machine.frontendAddress(), 0};

      test.send(VhostUserRequest.SET_MEM_TABLE, fds, table);
      assertThat(test.backend.info.reason()).contains("not to be shared").contains("share=on");

      AddressSpace.putLong(machine.frontendAddress() + (640 << 10) - 8, 1);
      test.send(VhostUserRequest.SET_MEM_TABLE, fds, table);
      assertThat(test.backend.info.reason()).isEmpty();
    }

    test.shareMemory(memory);
    assertThat(test.backend.info.reason()).as("no machine's memory").isEmpty();
  }

  private static long functionMappings() {
    return ProcessResources.now().mappings().stream()
        .filter(line -> line.contains("iovtee-nf"))
        .count();
  }

  @Test
  void callIsReplacedUnderTheRunningRingAndSignalledOnce() {
    test.run(memory);
    try (EventFd call = EventFd.create()) {
      test.send(VhostUserRequest.SET_VRING_CALL, new Fd[] {call.fd()}, 0);
      assertThat(call.drain()).as("used buffers may have waited for it").isEqualTo(1);

      test.backend.rings.get(0).call.signal();

      assertThat(call.drain()).isEqualTo(1);
    }
    test.send(VhostUserRequest.SET_VRING_CALL, 0x100);
    assertThat(test.backend.rings.get(0).call).isNull();
  }

  @Test
  void kickIsReplacedByStoppingAndStartingTheRing() {
    test.run(memory);
    test.backend.stopAt = 0;
    try (EventFd kick = EventFd.create()) {
      test.send(VhostUserRequest.SET_VRING_KICK, new Fd[] {kick.fd()}, 0);
      kick.signal();
    }

    assertThat(test.backend.rings.get(0).kick.drain()).isEqualTo(1);
    assertThat(test.backend.events).endsWith("ringStopped 0", "ringStarted 0 size=256 base=0");
  }

  @Test
  void statusZeroStopsAndForgetsTheRings() {
    test.run(memory);

    test.send(VhostUserRequest.SET_STATUS, 0);

    assertThat(test.backend.rings).isEmpty();
    test.send(VhostUserRequest.SET_STATUS, DRIVER_OK);
    assertThat(test.backend.rings).as("they have no addresses any more").isEmpty();
    test.setUpRing(memory, 0);
    assertThat(test.backend.rings.keySet()).containsExactly(0);
  }

  /** QEMU up to 7.2: status 0, and only then GET_VRING_BASE; it goes on from what it hears. */
  @Test
  void whereTheRingsStoodIsKnownAfterStatusZero() {
    test.run(memory);

    test.send(VhostUserRequest.SET_STATUS, 0);

    assertThat(test.ask(VhostUserRequest.GET_VRING_BASE, pair(0, 0)))
        .isEqualTo(pair(0, test.backend.stopAt));
    assertThat(test.ask(VhostUserRequest.GET_VRING_BASE, pair(1, 0)))
        .isEqualTo(pair(1, test.backend.stopAt));
  }

  @Test
  void driverThatFailedStopsTheRings() {
    test.run(memory);

    test.send(VhostUserRequest.SET_STATUS, 0x80 | DRIVER_OK);

    assertThat(test.backend.rings).isEmpty();
  }

  @Test
  void brokenRingIsShownAndTheFrontEndToldThroughItsErrorDescriptor() {
    test.run(memory);
    try (EventFd error = EventFd.create()) {
      test.send(VhostUserRequest.SET_VRING_ERR, new Fd[] {error.fd()}, 1);

      test.backend.control.ringBroken(1, "available index jumped");
      test.serve();

      assertThat(error.drain()).isEqualTo(1);
    }
    assertThat(test.backend.info.vrings().get(1).broken()).isEqualTo("available index jumped");
    assertThat(test.ask(VhostUserRequest.GET_STATUS)).as("NEEDS_RESET").isEqualTo(0x4f);
    test.ask(VhostUserRequest.GET_VRING_BASE, pair(1, 0));
    assertThat(test.ask(VhostUserRequest.GET_STATUS)).isEqualTo(0x0f);
  }

  @Test
  void dataPathCanEndTheConnection() {
    test.run(memory);

    test.backend.control.disconnect("the guest's memory faulted");

    assertThat(test.serve()).isFalse();
    assertThat(test.reason).isEqualTo("the guest's memory faulted");
    assertThat(test.channel.awaitClose(5000)).isTrue();
    assertThat(test.backend.events).endsWith("disconnected the guest's memory faulted");
    test.backend.control.disconnect("again");
    test.backend.control.ringBroken(0, "again");
  }

  @Test
  void memoryThatALoopMayStillUseIsNeverUnmapped() {
    test.run(memory);
    test.backend.unresponsive = true;
    ProcessResources running = ProcessResources.now();

    test.send(VhostUserRequest.GET_VRING_BASE, pair(0, 0));

    assertThat(test.ended).isTrue();
    assertThat(test.reason).contains("did not acknowledge ringStopped");
    running
        .mappings()
        .forEach(line -> assertThat(ProcessResources.now().mappings()).contains(line));
    assertThat(test.backend.memory.translateFrontend(memory.frontendAddress(), 1)).isNotZero();
    // What the poll loop would do, much later.
    var ring = test.backend.rings.get(0);
    AddressSpace.putShort(ring.setup.usedAddress() + 2, (short) 1);
    assertThat(ring.kick.fd().isClosed()).isFalse();
    cleanUpAfterTimeout();
  }

  private void cleanUpAfterTimeout() {
    test.backend.unresponsive = false;
    test.backend.disconnections++;
    test.backend.rings.values().forEach(ring -> ring.kick.close());
    test.backend.memory.close();
  }

  @Test
  void infoNamesWhatAPersonWantsToKnow() {
    test.run(memory);
    SessionInfo info = test.backend.info;

    assertThat(info.connected()).isTrue();
    assertThat(info.peerPid()).isEqualTo((int) ProcessHandle.current().pid());
    assertThat(info.featureNames()).isEqualTo("MRG_RXBUF|PROTOCOL_FEATURES|VERSION_1");
    assertThat(info.protocolFeatureNames()).contains("STATUS (16)");
    assertThat(info.ringsStarted()).isEqualTo(2);
    assertThat(info.regions()).hasSize(1);
    assertThat(info.regions().getFirst().guestAddress()).isEqualTo(memory.guestAddress());
    assertThat(info.vrings().getFirst())
        .isEqualTo(new SessionInfo.VringInfo(0, 256, 0, true, true, "eventfd", "none", ""));
  }
}
