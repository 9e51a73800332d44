// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The contract and the routes name the same operations, and each reference leads somewhere. */
final class OpenApiContractTest {
  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

  private static Map<?, ?> contract(RunningApi api) {
    Object document =
        new Load(LoadSettings.builder().build()).loadFromString(api.get("/openapi.yaml").text());
    return (Map<?, ?>) document;
  }

  @Test
  void everyRouteIsInTheContractAndViceVersa() throws TimeoutException {
    try (RunningApi api = new RunningApi()) {
      Set<String> promised = new TreeSet<>();
      ((Map<?, ?>) contract(api).get("paths"))
          .forEach((path, item) ->
              ((Map<?, ?>) item)
                  .keySet().stream()
                      .map(Object::toString)
                      .filter(METHODS::contains)
                      .forEach(
                          method -> promised.add(method.toUpperCase(Locale.ROOT) + " " + path)));
      Set<String> served = new TreeSet<>();
      api.http.operations().forEach(one -> served.add(one.method().name() + " " + one.template()));
      assertThat(served).isEqualTo(promised).hasSizeGreaterThan(20);
    }
  }

  @Test
  void everyOperationHasANameAndEveryReferenceATarget() throws TimeoutException {
    try (RunningApi api = new RunningApi()) {
      Map<?, ?> contract = contract(api);
      Set<String> names = new TreeSet<>();
      int[] operations = new int[1];
      ((Map<?, ?>) contract.get("paths"))
          .values()
          .forEach(item ->
              ((Map<?, ?>) item)
                  .forEach((method, operation) -> {
                    if (METHODS.contains(method)) {
                      operations[0]++;
                      names.add(String.valueOf(((Map<?, ?>) operation).get("operationId")));
                    }
                  }));
      assertThat(names).hasSize(operations[0]).doesNotContain("null");
      assertReferences(contract, contract);
    }
  }

  private static void assertReferences(Object node, Map<?, ?> contract) {
    if (node instanceof Map<?, ?> map) {
      if (map.get("$ref") instanceof String reference) {
        Object target = contract;
        for (String step : reference.substring(2).split("/", -1)) {
          target = ((Map<?, ?>) target).get(step);
          assertThat(target).as(reference).isNotNull();
        }
      }
      map.values().forEach(value -> assertReferences(value, contract));
    } else if (node instanceof Iterable<?> items) {
      items.forEach(item -> assertReferences(item, contract));
    }
  }
}
