// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes and descriptors into messages: M01 to M07 and M09 of the hostile-input list. */
final class VhostUserConnectionTest {
  private static final int SET_FEATURES = VhostUserRequest.SET_FEATURES.number();
  private static final int SET_VRING_KICK = VhostUserRequest.SET_VRING_KICK.number();
  private static final int VERSION = FrontendChannel.VERSION;

  private final ProcessResources before = ProcessResources.now();
  private final AtomicLong clockNs = new AtomicLong();
  private FrontendChannel channel;
  private VhostUserConnection connection;

  @BeforeEach
  void connect() {
    UnixSocket[] pair = UnixSocket.pair();
    channel = new FrontendChannel(pair[0]);
    connection = new VhostUserConnection(pair[1], VhostUserLimits.DEFAULT, clockNs::get);
  }

  @AfterEach
  void nothingLeaks() {
    channel.close();
    connection.close();
    before.assertNothingLeaked();
  }

  private static byte[] message(int request, int flags, int size, byte... payload) {
    return ByteBuffer.allocate(12 + payload.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(request)
        .putInt(flags)
        .putInt(size)
        .put(payload)
        .array();
  }

  private static byte[] setFeatures() {
    return message(SET_FEATURES, VERSION, 8, new byte[] {1, 2, 3, 4, 5, 6, 7, (byte) 0x88});
  }

  @Test
  void wholeMessage() {
    channel.sendRaw(setFeatures());

    VhostUserMessage message = connection.receive();

    assertThat(message.request()).isEqualTo(VhostUserRequest.SET_FEATURES);
    assertThat(message.needsReply()).isFalse();
    assertThat(message.u64(0)).isEqualTo(0x8807060504030201L);
    assertThat(message.u32(4)).isEqualTo(0x88070605L);
    assertThat(connection.receive()).isNull();
    assertThat(connection.ended()).isFalse();
  }

  @Test
  void m01_splitAtEveryByte() {
    byte[] bytes = setFeatures();
    for (int at = 1; at < bytes.length; at++) {
      channel.sendRaw(Arrays.copyOfRange(bytes, 0, at));
      assertThat(connection.receive()).as("after %d bytes", at).isNull();
      channel.sendRaw(Arrays.copyOfRange(bytes, at, bytes.length));

      VhostUserMessage message = connection.receive();

      assertThat(message).as("split at %d", at).isNotNull();
      assertThat(message.u64(0)).isEqualTo(0x8807060504030201L);
    }
  }

  @Test
  void m01_dripFedMessageIsCutOffAtItsDeadline() {
    byte[] bytes = setFeatures();
    for (int i = 0; i < 5; i++) {
      channel.sendRaw(new byte[] {bytes[i]});
      assertThat(connection.receive()).isNull();
      connection.checkDeadlines();
      assertThat(connection.remainingNs()).isEqualTo((5000 - 999L * i) * 1_000_000);
      clockNs.addAndGet(999_000_000L);
    }
    clockNs.addAndGet(5_000_000L);

    assertThat(connection.remainingNs()).isZero();
    assertThatThrownBy(connection::checkDeadlines)
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("not complete after 5000 ms: bytes=5, wanted=12");
  }

  @Test
  void m01_twoMessagesInOnePacketAreTwoMessages() {
    byte[] both = new byte[40];
    System.arraycopy(setFeatures(), 0, both, 0, 20);
    System.arraycopy(setFeatures(), 0, both, 20, 20);
    channel.sendRaw(both);

    assertThat(connection.receive()).isNotNull();
    assertThat(connection.receive()).isNotNull();
    assertThat(connection.receive()).isNull();
  }

  @Test
  void m02_silenceBetweenMessagesHasNoDeadline() {
    channel.sendRaw(setFeatures());
    connection.receive();
    clockNs.addAndGet(3_600_000_000_000L);

    connection.checkDeadlines();

    assertThat(connection.remainingNs()).isEqualTo(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 9, 16, 4096, 4097, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
  void m03_wrongSizeIsRefusedBeforeThePayload(int size) {
    channel.sendRaw(message(SET_FEATURES, VERSION, size));

    assertThatThrownBy(connection::receive)
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("payload must have 8 bytes: size=" + Integer.toUnsignedLong(size));
  }

  @ParameterizedTest
  @CsvSource({
    "8, false",
    "39, false",
    "40, true",
    "41, false",
    "72, true",
    "264, true",
    "296, false",
    "0, false",
    "-24, false",
    "2147483647, false"
  })
  void m03_memoryTableHasOneToEightWholeRows(int size, boolean accepted) {
    assertThat(VhostUserRequest.SET_MEM_TABLE.acceptsSize(size)).isEqualTo(accepted);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 7, 19, 41, 63, 255, Integer.MAX_VALUE, -1})
  void m04_unknownRequestIsReadPastUpToALimit(int request) {
    channel.sendRaw(message(request, VERSION, 3, new byte[] {1, 2, 3}));
    channel.sendRaw(setFeatures());

    VhostUserMessage unknown = connection.receive();

    assertThat(unknown.request()).isNull();
    assertThat(unknown.size()).isEqualTo(3);
    assertThat(connection.receive().request()).isEqualTo(VhostUserRequest.SET_FEATURES);
    channel.sendRaw(message(request, VERSION, VhostUserMessage.PAYLOAD_LENGTH_MAX + 1));
    assertThatThrownBy(connection::receive)
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("payload must have at most 4096 bytes: size=4097");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 3, 5, 0xd, 0x11, 0x21, 0x80000001})
  void m05_flagsMustBeVersionOneAndNeedReplyOnly(int flags) {
    channel.sendRaw(message(SET_FEATURES, flags, 8));

    assertThatThrownBy(connection::receive)
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("flags=0x" + Integer.toHexString(flags));
  }

  @Test
  void m06_descriptorsWhereNoneBelong() {
    try (EventFd extra = EventFd.create()) {
      channel.sendRaw(setFeatures(), extra.fd());
      VhostUserMessage message = connection.receive();

      assertThatThrownBy(message::checkFds)
          .isInstanceOf(VhostUserException.class)
          .hasMessageContaining("must come with 0 file descriptors: count=1");
      message.closeFds();
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 2", "256, 1", "0, 8"})
  void m06_kickComesWithOneDescriptorUnlessFlagged(int payload, int count) {
    byte[] bytes = {(byte) payload, (byte) (payload >> 8), 0, 0, 0, 0, 0, 0};
    try (EventFd kick = EventFd.create()) {
      channel.sendRaw(message(SET_VRING_KICK, VERSION, 8, bytes), copies(kick.fd(), count));
      VhostUserMessage message = connection.receive();

      assertThatThrownBy(message::checkFds).isInstanceOf(VhostUserException.class);
      message.closeFds();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 100, 253})
  void m06_tooManyDescriptorsEndTheConnectionAndAreClosed(int count) {
    try (EventFd kick = EventFd.create()) {
      channel.sendRaw(message(SET_VRING_KICK, VERSION, 8, new byte[8]), copies(kick.fd(), count));

      assertThatThrownBy(connection::receive)
          .isInstanceOf(VhostUserException.class)
          .hasMessageContaining("too many file descriptors with one message: count=" + count);
    }
  }

  @Test
  void m06_descriptorsOfATruncatedMessageAreClosed() {
    try (EventFd kick = EventFd.create()) {
      channel.sendRaw(new byte[] {12, 0, 0, 0, 1}, copies(kick.fd(), 8));
      assertThat(connection.receive()).isNull();
      channel.close();

      assertThat(connection.receive()).isNull();
      assertThat(connection.endedInMessage()).isTrue();
    }
  }

  @Test
  void m07_descriptorsOfTheSecondPartBelongToTheSameMessage() {
    byte[] bytes = message(SET_VRING_KICK, VERSION, 8, new byte[8]);
    try (EventFd kick = EventFd.create()) {
      channel.sendRaw(Arrays.copyOf(bytes, 5));
      assertThat(connection.receive()).isNull();
      channel.sendRaw(Arrays.copyOfRange(bytes, 5, 20), kick.fd());
      channel.sendRaw(setFeatures());

      VhostUserMessage message = connection.receive();

      message.checkFds();
      assertThat(message.fdCount()).isEqualTo(1);
      message.closeFds();
      assertThat(connection.receive().fdCount()).isZero();
    }
  }

  @Test
  void m07_descriptorsOfManyPartsAreCapped() {
    byte[] bytes = message(SET_VRING_KICK, VERSION, 8, new byte[8]);
    try (EventFd kick = EventFd.create()) {
      channel.sendRaw(Arrays.copyOf(bytes, 5), copies(kick.fd(), 5));
      assertThat(connection.receive()).isNull();
      channel.sendRaw(Arrays.copyOfRange(bytes, 5, 20), copies(kick.fd(), 5));

      assertThatThrownBy(connection::receive)
          .isInstanceOf(VhostUserException.class)
          .hasMessageContaining("count=10, max=8");
    }
  }

  @Test
  void m09_repliesThatNobodyReadsAreBounded() {
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100_000; i++) {
                connection.reply(1, i);
              }
            })
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("does not read its replies: waiting=64");
    assertThat(connection.pollEvents()).isEqualTo(Poll.IN | Poll.OUT);
  }

  @Test
  void m09_replyThatIsNotReadInTimeEndsTheConnection() {
    while (connection.pollEvents() == Poll.IN) {
      connection.reply(1, 0);
    }
    assertThat(connection.remainingNs()).isEqualTo(5_000_000_000L);
    clockNs.addAndGet(5_000_000_000L);

    assertThatThrownBy(connection::checkDeadlines)
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("has not read its replies for 5000 ms");
  }

  @Test
  void m09_waitingRepliesGoOutInOrderOnceThePeerReads() {
    int sent = 0;
    while (connection.pollEvents() == Poll.IN) {
      connection.reply(VhostUserRequest.GET_FEATURES.number(), sent++);
    }
    for (int i = 0; i < sent; i++) {
      assertThat(channel.receive(VhostUserRequest.GET_FEATURES)).isEqualTo(i);
      connection.flush();
    }
    assertThat(connection.pollEvents()).isEqualTo(Poll.IN);
  }

  @Test
  void peerThatIsGoneEndsTheConnectionWhenReplying() {
    channel.close();

    connection.reply(1, 0);

    assertThat(connection.ended()).isTrue();
    assertThat(connection.endedInMessage()).isFalse();
  }

  private static Fd[] copies(Fd fd, int count) {
    return Collections.nCopies(count, fd).toArray(new Fd[0]);
  }
}
