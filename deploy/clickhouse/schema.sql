-- What an aggregator with --clickhouse writes and reads. Run it in the database that the URL names:
--   clickhouse-client --database monitor --multiquery < schema.sql
-- On a cluster add ON CLUSTER, and make the engines ReplicatedReplacingMergeTree; see README.md.

CREATE TABLE IF NOT EXISTS events
(
    -- Event.time; 1970 where an event has none. The key has the time first: lists are newest first, and a day is a partition.
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    -- The two parts of Event.id. With the time they are the key by which rows that were inserted twice become one.
    epoch UInt64 CODEC(ZSTD(1)),
    sequence UInt64 CODEC(Delta, ZSTD(1)),
    id String ALIAS concat(leftPad(lower(hex(epoch)), 16, '0'), '-', toString(sequence)),

    type LowCardinality(String) CODEC(ZSTD(1)),
    failed Bool CODEC(ZSTD(1)),
    node_name LowCardinality(String) CODEC(ZSTD(1)),
    -- Numbers and addresses are null where the event has none, texts are empty.
    pid Nullable(UInt32) CODEC(ZSTD(1)),
    command LowCardinality(String) CODEC(ZSTD(1)),
    k8s_node_name LowCardinality(String) CODEC(ZSTD(1)),
    k8s_pod_name LowCardinality(String) CODEC(ZSTD(1)),
    k8s_namespace LowCardinality(String) CODEC(ZSTD(1)),
    k8s_workload_name LowCardinality(String) CODEC(ZSTD(1)),
    peer_pod_name LowCardinality(String) CODEC(ZSTD(1)),
    peer_namespace LowCardinality(String) CODEC(ZSTD(1)),
    peer_workload_name LowCardinality(String) CODEC(ZSTD(1)),
    peer_service_name LowCardinality(String) CODEC(ZSTD(1)),
    peer_node_name LowCardinality(String) CODEC(ZSTD(1)),
    -- IPv4 as ::ffff:192.0.2.1.
    source_ip Nullable(IPv6) CODEC(ZSTD(1)),
    source_port Nullable(UInt16) CODEC(ZSTD(1)),
    destination_ip Nullable(IPv6) CODEC(ZSTD(1)),
    destination_port Nullable(UInt16) CODEC(ZSTD(1)),
    destination_name String CODEC(ZSTD(1)),
    -- By its name where it has one: TCP, not 6.
    protocol LowCardinality(String) CODEC(ZSTD(1)),
    connection_id Nullable(UInt64) CODEC(ZSTD(1)),
    -- Of a connection: CONNECTED, FAILED, ABANDONED, UNKNOWN.
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    -- Of a connection or a close, for example ECONNREFUSED.
    error LowCardinality(String) CODEC(ZSTD(1)),
    -- Of a packet drop or a reset, for example NO_SOCKET.
    reason LowCardinality(String) CODEC(ZSTD(1)),
    -- The encoded monitor.v1.Event, as its agent made it.
    event String CODEC(ZSTD(1)),

    INDEX pods k8s_pod_name TYPE bloom_filter GRANULARITY 1,
    INDEX connections connection_id TYPE bloom_filter GRANULARITY 1,
    -- For one event by its id, whose time nobody knows.
    INDEX ids sequence TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (time, epoch, sequence)
TTL toDateTime(time) + INTERVAL 30 DAY
-- A day leaves as a whole. The window is that of insert_deduplication_token: a batch that is inserted again adds no row.
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS losses
(
    -- When the writer came to it.
    written DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    -- The run of the aggregator, and the place in its log behind the loss. Several losses of one place are numbered.
    log_epoch UInt64 CODEC(ZSTD(1)),
    position UInt64 CODEC(ZSTD(1)),
    number UInt32 CODEC(ZSTD(1)),
    -- The fields of monitor.v1.Loss: events that are missing. EVICTED without a node are those that left the aggregator's log
    -- before the writer came to them, as after a long outage of ClickHouse.
    node_name LowCardinality(String) CODEC(ZSTD(1)),
    type LowCardinality(String) CODEC(ZSTD(1)),
    cause LowCardinality(String) CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    first_time Nullable(DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
    last_time Nullable(DateTime64(9, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(written)
ORDER BY (log_epoch, position, number)
TTL toDateTime(written) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;
