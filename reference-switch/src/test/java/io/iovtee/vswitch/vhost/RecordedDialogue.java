// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static io.iovtee.vswitch.vhost.SessionUnderTest.RING_SIZE;
import static io.iovtee.vswitch.vhost.SessionUnderTest.pair;
import static io.iovtee.vswitch.vhost.SessionUnderTest.ringAddress;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What well-known front-ends were seen to send, as bytes and descriptors to replay and to spoil.
 */
final class RecordedDialogue {
  private static final Fd[] NO_FDS = {};
  private static final boolean NEED_REPLY = true;

  /** One message as it goes over the socket. */
  record Message(byte[] bytes, Fd[] fds) {}

  private final List<Message> messages = new ArrayList<>();

  private RecordedDialogue() {}

  /** DPDK 22.11 virtio-user as client with two rings: start, a new memory table, stop. */
  static List<Message> virtioUser(FrontendMemory memory, EventFd event) {
    RecordedDialogue dialogue = new RecordedDialogue();
    Fd[] eventFd = {event.fd()};
    dialogue.add(VhostUserRequest.SET_OWNER, false, NO_FDS);
    dialogue.add(VhostUserRequest.GET_FEATURES, false, NO_FDS);
    dialogue.add(VhostUserRequest.GET_PROTOCOL_FEATURES, false, NO_FDS);
    dialogue.add(VhostUserRequest.SET_PROTOCOL_FEATURES, false, NO_FDS, ProtocolFeature.OFFERED);
    dialogue.add(VhostUserRequest.SET_VRING_CALL, false, eventFd, 0);
    dialogue.add(VhostUserRequest.SET_VRING_CALL, false, eventFd, 1);
    dialogue.add(VhostUserRequest.SET_FEATURES, false, NO_FDS, SessionUnderTest.FEATURES);
    dialogue.add(VhostUserRequest.SET_STATUS, NEED_REPLY, NO_FDS, 0x0b);
    dialogue.add(VhostUserRequest.GET_STATUS, false, NO_FDS);
    dialogue.add(VhostUserRequest.GET_STATUS, false, NO_FDS);
    dialogue.memoryTable(memory);
    for (int vring = 0; vring < 2; vring++) {
      dialogue.ring(memory, vring, eventFd);
    }
    dialogue.enable(1);
    dialogue.add(VhostUserRequest.SET_STATUS, NEED_REPLY, NO_FDS, 0x0f);
    dialogue.memoryTable(memory);
    dialogue.enable(0);
    dialogue.add(VhostUserRequest.GET_VRING_BASE, false, NO_FDS, 0);
    dialogue.add(VhostUserRequest.GET_VRING_BASE, false, NO_FDS, 1);
    return dialogue.messages;
  }

  private void memoryTable(FrontendMemory memory) {
    add(
        VhostUserRequest.SET_MEM_TABLE,
        NEED_REPLY,
        new Fd[] {memory.fd()},
        SessionUnderTest.table(memory));
  }

  private void ring(FrontendMemory memory, int vring, Fd[] eventFd) {
    long at = ringAddress(memory, vring);
    add(VhostUserRequest.SET_VRING_NUM, false, NO_FDS, pair(vring, RING_SIZE));
    add(VhostUserRequest.SET_VRING_BASE, false, NO_FDS, pair(vring, 0));
    add(VhostUserRequest.SET_VRING_ADDR, false, NO_FDS, vring, at, at + 0x2000, at + 0x1000, 0);
    add(VhostUserRequest.SET_VRING_KICK, false, eventFd, vring);
  }

  private void enable(int value) {
    add(VhostUserRequest.SET_VRING_ENABLE, false, NO_FDS, pair(0, value));
    add(VhostUserRequest.SET_VRING_ENABLE, false, NO_FDS, pair(1, value));
  }

  private void add(VhostUserRequest request, boolean needReply, Fd[] fds, long... payload) {
    ByteBuffer bytes = ByteBuffer.allocate(12 + 8 * payload.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(request.number()).putInt(needReply ? 0x9 : 0x1).putInt(8 * payload.length);
    for (long word : payload) {
      bytes.putLong(word);
    }
    messages.add(new Message(bytes.array(), fds));
  }
}
