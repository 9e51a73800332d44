// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every request number in every state with every kind of size, descriptor count and header flags.
 * Whatever comes, the session lives on or ends for a stated reason; it never fails, and never keeps
 * a descriptor or a mapping.
 */
final class HostileMatrixTest {
  private static final int REQUESTS = 64;
  private static final long[] SIZES = {0, 7, 8, 40, 4096, 4097, 0xffffffffL};
  private static final int[] FD_COUNTS = {0, 1, 8, 9, 253};
  private static final int[] FLAGS = {0x1, 0x9, 0x5, 0x2};

  /** The last two are refused before the size is looked at: no need to try them with each. */
  private static final int GOOD_FLAGS = 2;

  private static final int SIZES_WITH_BAD_FLAGS = 2;

  private enum State {
    FRESH,
    NEGOTIATED,
    MEMORY_SHARED,
    RUNNING
  }

  @ParameterizedTest
  @EnumSource(State.class)
  void nothingBringsTheSessionDown(State state) {
    Random random = new Random(state.ordinal());
    ProcessResources before = ProcessResources.now();
    int lived = 0;
    int cases = 0;
    try (FrontendMemory memory = FrontendMemory.create(SessionUnderTest.MEMORY_LENGTH, false);
        EventFd event = EventFd.create()) {
      for (int request = 0; request < REQUESTS; request++) {
        long[] sizes = sizesOf(request);
        for (int i = 0; i < sizes.length; i++) {
          for (int fdCount : FD_COUNTS) {
            for (int j = 0; j < (i < SIZES_WITH_BAD_FLAGS ? FLAGS.length : GOOD_FLAGS); j++) {
              byte[] message = message(request, FLAGS[j], sizes[i], random);
              lived += play(state, memory, message, copies(event.fd(), fdCount)) ? 1 : 0;
              cases++;
            }
          }
        }
      }
    }
    before.assertNothingLeaked();
    assertThat(cases).isGreaterThan(5_000);
    assertThat(lived).as("some messages are good").isBetween(50, cases / 4);
  }

  private static long[] sizesOf(int request) {
    if (request == VhostUserRequest.SET_MEM_TABLE.number()) {
      return new long[] {0, 8, 39, 40, 264, 296, 0xffffffffL};
    }
    return SIZES;
  }

  private static byte[] message(int request, int flags, long size, Random random) {
    int payload = size > VhostUserMessage.PAYLOAD_LENGTH_MAX ? 0 : (int) size;
    ByteBuffer bytes = ByteBuffer.allocate(12 + payload).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(request).putInt(flags).putInt((int) size);
    byte[] body = new byte[payload];
    if (random.nextBoolean()) {
      random.nextBytes(body);
    }
    if (payload > 0 && random.nextBoolean()) {
      // A ring that exists and a small number: gets past the first check.
      body[0] = (byte) random.nextInt(5);
      for (int i = 1; i < Math.min(8, payload); i++) {
        body[i] = 0;
      }
      if (payload >= 8) {
        body[4] = (byte) random.nextInt(3);
      }
    }
    return bytes.put(body).array();
  }

  private static boolean play(State state, FrontendMemory memory, byte[] message, Fd[] fds) {
    try (SessionUnderTest test = new SessionUnderTest()) {
      bringTo(test, state, memory);
      test.channel.sendRaw(message, fds);
      test.serve();
      if (test.ended) {
        assertThat(test.reason).isNotEmpty().doesNotContain("internal error");
        assertThat(test.backend.rings).isEmpty();
        assertThat(test.backend.memory).isNull();
      }
      return !test.ended;
    }
  }

  private static void bringTo(SessionUnderTest test, State state, FrontendMemory memory) {
    test.serve();
    if (state == State.RUNNING) {
      test.run(memory);
      return;
    }
    if (state.compareTo(State.NEGOTIATED) >= 0) {
      test.negotiate();
    }
    if (state.compareTo(State.MEMORY_SHARED) >= 0) {
      test.shareMemory(memory);
    }
  }

  private static Fd[] copies(Fd fd, int count) {
    return Collections.nCopies(count, fd).toArray(new Fd[0]);
  }

  /** The peer goes away before, in and after the header, the payload and each message. */
  @Test
  void m37_disconnectInAndBetweenMessages() {
    ProcessResources before = ProcessResources.now();
    try (FrontendMemory memory = FrontendMemory.create(SessionUnderTest.MEMORY_LENGTH, false);
        EventFd event = EventFd.create()) {
      var dialogue = RecordedDialogue.virtioUser(memory, event);
      for (int last = 0; last < dialogue.size(); last++) {
        int length = dialogue.get(last).bytes().length;
        for (int cut : new int[] {0, 1, 11, 12, 13, length - 1, length}) {
          if (cut <= length) {
            disconnectAfter(dialogue.subList(0, last + 1), cut);
          }
        }
      }
    }
    before.assertNothingLeaked();
  }

  private static void disconnectAfter(List<RecordedDialogue.Message> dialogue, int bytesOfLast) {
    try (SessionUnderTest test = new SessionUnderTest()) {
      test.serve();
      for (RecordedDialogue.Message message : dialogue.subList(0, dialogue.size() - 1)) {
        test.channel.sendRaw(message.bytes(), message.fds());
        assertThat(test.serve()).as("dialogue is good").isTrue();
      }
      RecordedDialogue.Message last = dialogue.getLast();
      if (bytesOfLast > 0) {
        test.channel.sendRaw(Arrays.copyOf(last.bytes(), bytesOfLast), last.fds());
      }
      test.channel.close();
      test.serve();

      assertThat(test.ended).isTrue();
      assertThat(test.reason).startsWith("front-end closed the connection");
      boolean inMessage = bytesOfLast > 0 && bytesOfLast < last.bytes().length;
      assertThat(test.reason.contains("in the middle of a message")).isEqualTo(inMessage);
    }
  }
}
