// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendException;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A recorded dialogue with random damage: flipped bits, telling numbers, messages lost, doubled and
 * swapped, descriptors of the wrong kind and number. Each run has its own seed, which a failure
 * names; {@code -Diovtee.fuzz.runs} makes more of them.
 */
final class SpoiledDialogueTest {
  private static final int RUNS = Integer.getInteger("iovtee.fuzz.runs", 2000);
  private static final long FIRST_SEED = Long.getLong("iovtee.fuzz.seed", 1);
  private static final int SPOILS_MAX = 3;
  private static final long[] TELLING = {
    0,
    1,
    2,
    3,
    4,
    8,
    9,
    255,
    256,
    257,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fffffffL,
    0x80000000L,
    0xffffffffL,
    0x7fffffffffffffffL,
    0x8000000000000000L,
    -1,
    -4096,
    4096,
    0x1000,
    0x100000
  };

  @Test
  void spoiledDialoguesEndOnlyThemselves() {
    ProcessResources before = ProcessResources.now();
    int ended = 0;
    int started = 0;
    for (int run = 0; run < RUNS; run++) {
      long seed = FIRST_SEED + run;
      try {
        SessionUnderTest test = play(new Random(seed));
        ended += test.reason.startsWith("front-end broke the protocol") ? 1 : 0;
        started += test.backend.events.stream().anyMatch(e -> e.startsWith("ringStarted")) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed=" + seed + " (-Diovtee.fuzz.seed)", e);
      }
      if (run % 500 == 499) {
        before.assertNothingLeaked();
      }
    }
    before.assertNothingLeaked();
    assertThat(ended).as("runs in which the damage was seen").isGreaterThan(RUNS / 4);
    assertThat(started).as("runs that got as far as a ring").isGreaterThan(RUNS / 8);
  }

  private static SessionUnderTest play(Random random) {
    UnixSocket[] sockets = UnixSocket.pair();
    try (UnixSocket socket = sockets[0];
        UnixSocket unused = sockets[1];
        FrontendMemory memory = FrontendMemory.create(SessionUnderTest.MEMORY_LENGTH, false);
        EventFd event = EventFd.create();
        SessionUnderTest test = new SessionUnderTest()) {
      Fd[] kinds = {event.fd(), memory.fd(), socket.fd(), unused.fd()};
      List<RecordedDialogue.Message> dialogue =
          new ArrayList<>(RecordedDialogue.virtioUser(memory, event));
      for (int i = random.nextInt(SPOILS_MAX); i >= 0; i--) {
        spoil(dialogue, random, kinds);
      }
      test.serve();
      for (RecordedDialogue.Message message : dialogue) {
        if (!send(test, message, random)) {
          break;
        }
      }
      test.finish();
      assertThat(test.reason).isNotEmpty().doesNotContain("internal error");
      assertThat(test.backend.disconnections).isEqualTo(1);
      assertThat(test.backend.rings).isEmpty();
      return test;
    }
  }

  /** Sends whole or in two parts; false when the session has ended. */
  private static boolean send(
      SessionUnderTest test, RecordedDialogue.Message message, Random random) {
    byte[] bytes = message.bytes();
    if (bytes.length == 0) {
      return true;
    }
    try {
      int cut = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : 0;
      if (cut > 0) {
        test.channel.sendRaw(Arrays.copyOf(bytes, cut), message.fds());
        test.serve();
        test.channel.sendRaw(Arrays.copyOfRange(bytes, cut, bytes.length));
      } else {
        test.channel.sendRaw(bytes, message.fds());
      }
    } catch (FrontendException e) {
      assertThat(test.ended).isTrue();
    }
    return test.serve();
  }

  private static void spoil(List<RecordedDialogue.Message> dialogue, Random random, Fd[] kinds) {
    // Rather late than early: what comes after the damage is often not heard any more.
    int at = Math.max(random.nextInt(dialogue.size()), random.nextInt(dialogue.size()));
    RecordedDialogue.Message message = dialogue.get(at);
    byte[] bytes = message.bytes().clone();
    Fd[] fds = message.fds();
    switch (random.nextInt(8)) {
      case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      case 1, 2 -> tell(bytes, random);
      case 3 -> dialogue.add(random.nextInt(dialogue.size()), message);
      case 4 -> {
        if (dialogue.size() > 1) {
          dialogue.remove(at);
        }
        return;
      }
      case 5 -> Collections.swap(dialogue, at, random.nextInt(dialogue.size()));
      case 6 -> fds = otherFds(random, kinds);
      default -> bytes = Arrays.copyOf(bytes, Math.max(1, random.nextInt(2 * bytes.length)));
    }
    dialogue.set(at, new RecordedDialogue.Message(bytes, fds));
  }

  /** Puts a telling number over 4 or 8 bytes of the message. */
  private static void tell(byte[] bytes, Random random) {
    long value = TELLING[random.nextInt(TELLING.length)];
    int width = random.nextBoolean() ? 4 : 8;
    int at = random.nextInt((bytes.length + 3) / 4) * 4;
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> (8 * i));
    }
  }

  private static Fd[] otherFds(Random random, Fd[] kinds) {
    Fd[] fds = new Fd[random.nextInt(10)];
    for (int i = 0; i < fds.length; i++) {
      fds[i] = kinds[random.nextInt(kinds.length)];
    }
    return fds;
  }
}
