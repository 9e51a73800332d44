// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.testkit.FakeGuestPort;
import io.iovtee.api.testkit.FakeRxQueue;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;

/** An engine on a switch in memory, with a clock that stands still, and words for tests. */
abstract class MappingFixture {
  static final String MATCH = "dl_dst=02:00:00:00:00:11";

  final FakeSwitch context = FakeSwitch.of(Map.of(), "uplink", 2, "nf1", "nf2");
  final FakeMappingThread thread = new FakeMappingThread();
  final List<MappingStatus> transitions = new ArrayList<>();
  final QueueMappings engine =
      new QueueMappings(
          context,
          thread,
          MappingTimeouts.DEFAULT,
          PluginConfig.RESERVE_BY_RING_SIZE,
          AutoLimits.DEFAULT,
          new MappingPlanner(context, false, Isolation.STRICT));
  final FakeRxQueue queue = context.queue("uplink", 0);

  @BeforeEach
  void listen() {
    engine.onTransition(transitions::add);
    context.addListener(engine.rulesListener());
    rules("in_port=uplink,actions=output:nf1");
  }

  /** Replaces the rules, as somebody else's doing: the engine hears of it from the switch only. */
  void rules(String... rules) {
    List<FlowRule> parsed = FlowRuleParser.parseRules(String.join("\n", rules));
    context.flows().replace(parsed, -1).toCompletableFuture().join();
  }

  static MappingRequest request(Isolation isolation, Optional<String> match) {
    return new MappingRequest(
        new QueueId("uplink", 0), "nf1", 0, isolation, MappingMode.AUTO, match, Origin.HTTP);
  }

  <T> T done(CompletionStage<T> stage) {
    thread.run();
    return stage.toCompletableFuture().join();
  }

  MappingRefusedException refused(CompletionStage<?> stage) {
    thread.run();
    Throwable failure = Assertions.catchThrowable(() -> stage.toCompletableFuture().join());
    assertThat(failure).isInstanceOf(CompletionException.class);
    assertThat(failure.getCause()).isInstanceOf(MappingRefusedException.class);
    return (MappingRefusedException) failure.getCause();
  }

  MappingStatus status() {
    return done(engine.list()).getFirst();
  }

  FakeGuestPort connect() {
    FakeGuestPort guest = context.guestUp("nf1");
    engine.on(new SwitchEvent.GuestUp(guest));
    thread.run();
    return guest;
  }

  void disconnect() {
    context.guestDown("nf1", "socket closed");
    engine.on(new SwitchEvent.GuestDown("nf1", "socket closed"));
    thread.run();
  }

  void tick() {
    engine.on(new SwitchEvent.StatsRead(context.stats()));
    thread.run();
  }

  FakeGuestPort activate(Isolation isolation) {
    FakeGuestPort guest = connect();
    done(engine.request(request(isolation, Optional.empty())));
    thread.run();
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    return guest;
  }

  void assertState(MappingState state, MappingReason reason) {
    assertThat(List.of(status().state(), status().reason())).containsExactly(state, reason);
  }
}
