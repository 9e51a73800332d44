// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.Fd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A session that a test does harm to. Each test ends with the count of descriptors and mappings
 * that it began with.
 */
abstract class HostileSession {
  static final int DRIVER_OK = 0x0f;

  private final ProcessResources before = ProcessResources.now();
  FrontendMemory memory;
  SessionUnderTest test;

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

  void assertRefused(String why) {
    assertThat(test.ended).as("connection is closed").isTrue();
    assertThat(test.reason).contains(why);
    assertThat(test.channel.awaitClose(5000)).isTrue();
    assertThat(test.backend.rings).isEmpty();
    assertThat(test.backend.memory).isNull();
  }

  /** Sends and lets the clock move, so that the message budget is no matter. */
  void send(VhostUserRequest request, Fd[] fds, long... payload) {
    test.advanceMs(1);
    test.send(request, fds, payload);
  }
}
