using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Defaults, ranges and examples that the document has beyond what is in the descriptors, and nothing that can be
/// derived. A field or rpc that is not here is described all the same.
/// </summary>
internal static class ContractFacts
{
    /// <summary>By full name of the field.</summary>
    public static IReadOnlyDictionary<string, FieldFacts> Fields { get; } = MakeFields();

    /// <summary>
    /// HTTP statuses other than 200 that have the rpc's own response as their body, by full name of the rpc, with what
    /// they mean.
    /// </summary>
    public static IReadOnlyDictionary<string, (int Status, string Meaning)> OtherStatuses { get; } =
        new Dictionary<string, (int, string)>
        {
            ["monitor.v1.StatusService.GetHealth"] = (503, "Unhealthy. The body says what is wrong."),
        };

    /// <summary>Media types of the bytes that an rpc answers with, by full name of the rpc.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> MediaTypes { get; } =
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["monitor.v1.ExportService.ExportEvents"] = [.. ExportFormat.All.Select(format => format.MediaType)],
        };

    private static Dictionary<string, FieldFacts> MakeFields()
    {
        var fields = new Dictionary<string, FieldFacts>(StringComparer.Ordinal);
        foreach (var request in (MessageDescriptor[])
            [
                ListEventsRequest.Descriptor, StreamEventsRequest.Descriptor, SummarizeConnectionsRequest.Descriptor,
                SummarizePacketDropsRequest.Descriptor, ListConnectionsRequest.Descriptor,
                ListPacketDropsRequest.Descriptor, ListOpenConnectionsRequest.Descriptor, ListFlowsRequest.Descriptor,
                ExportEventsRequest.Descriptor,
            ])
        {
            AddFilter(fields, request);
        }

        foreach (var summary in (string[])["SummarizeConnectionsRequest", "SummarizePacketDropsRequest"])
        {
            fields.Add($"monitor.v1.{summary}.duration_seconds", new FieldFacts
            {
                Default = ContractLimits.DefaultSummarySeconds,
                Minimum = 1,
                Maximum = ContractLimits.MaxSummarySeconds,
                Example = 300,
            });
        }

        foreach (var list in (string[])["ListConnectionsRequest", "ListPacketDropsRequest"])
        {
            fields.Add($"monitor.v1.{list}.limit", new FieldFacts
            {
                Default = ContractLimits.DefaultGroupedListLimit,
                Minimum = 1,
                Maximum = ContractLimits.MaxListLimit,
                Example = 100,
            });
        }

        fields.Add("monitor.v1.ListFlowsRequest.limit", new FieldFacts
        {
            Default = ContractLimits.DefaultFlowLimit,
            Minimum = 1,
            Maximum = ContractLimits.MaxFlowLimit,
            Example = 10,
        });
        // Without the default, which applies only where no times are given: Swagger UI fills defaults in.
        fields.Add("monitor.v1.ListFlowsRequest.duration_seconds", new FieldFacts
        {
            Minimum = 1,
            Maximum = ContractLimits.MaxSummarySeconds,
            Example = 300,
        });
        fields.Add("monitor.v1.ListFlowsRequest.group_by", new FieldFacts { Default = "workload", Example = "pod" });
        fields.Add("monitor.v1.ListFlowsRequest.sort_by", new FieldFacts { Default = "connections", Example = "bytes" });
        // Without the default, which the header Accept changes.
        fields.Add("monitor.v1.ExportEventsRequest.format", new FieldFacts { Example = "parquet" });
        foreach (var list in (string[])["ListEventsRequest", "ListOpenConnectionsRequest"])
        {
            fields.Add($"monitor.v1.{list}.limit", new FieldFacts
            {
                Default = ContractLimits.DefaultListLimit,
                Minimum = 1,
                Maximum = ContractLimits.MaxListLimit,
                Example = 10,
            });
        }

        fields.Add("monitor.v1.StreamEventsRequest.max_batch_events", new FieldFacts
        {
            Default = ContractLimits.DefaultBatchEvents,
            Minimum = 1,
            Maximum = ContractLimits.MaxBatchEvents,
            Example = 100,
        });
        fields.Add("monitor.v1.StreamEventsRequest.max_batch_delay", new FieldFacts
        {
            Default = Seconds(ContractLimits.DefaultBatchDelay),
            Example = "0.1s",
        });
        fields.Add("monitor.v1.StreamEventsRequest.accept_loss", new FieldFacts { Default = false, Example = true });
        fields.Add("monitor.v1.ExplainRequest.event_id", new FieldFacts
        {
            MaxLength = EventId.MaxLength,
            Example = "0123456789abcdef-1",
        });
        fields.Add("monitor.v1.ExplainRequest.k8s_namespace", new FieldFacts { MaxItems = ContractLimits.MaxFilterValues });
        fields.Add("monitor.v1.ListProgramsRequest.node_name", new FieldFacts { Example = "node-1" });
        return fields;
    }

    /// <summary>Adds those of the filter's fields that the request has.</summary>
    private static void AddFilter(Dictionary<string, FieldFacts> fields, MessageDescriptor request)
    {
        AddList("type", "connection");
        AddList("command", "curl");
        AddList("k8s_node_name", "worker-1");
        AddList("k8s_pod_name", "checkout-7d9f5c6b8-x2k4p");
        AddList("k8s_namespace", "shop");
        AddList("k8s_workload_name", "checkout");
        AddList("peer_pod_name", "cart-0");
        AddList("peer_namespace", "shop");
        AddList("peer_workload_name", "cart");
        AddList("peer_service_name", "cart");
        AddList("peer_node_name", "worker-2");
        AddList("node_name", "node-1");
        AddList("source_ip", "10.0.0.0/8");
        AddList("destination_ip", "192.0.2.1");
        AddList("protocol", "TCP");
        AddList("state", "CLOSE_WAIT");
        AddList("destination_name", "cart.shop.svc.cluster.local");
        AddList("field", "latency>1ms");
        Add("connection_id", new FieldFacts { MaxItems = ContractLimits.MaxFilterValues, Example = "8193" });
        Add("pid", new FieldFacts { MaxItems = ContractLimits.MaxFilterValues, Example = 1234 });
        AddPort("source_port", 40000);
        AddPort("destination_port", 443);
        Add("failed", new FieldFacts { Example = true });

        void Add(string name, FieldFacts facts)
        {
            if (request.FindFieldByName(name) is { } field)
            {
                fields.Add(field.FullName, facts);
            }
        }

        void AddList(string name, string example) => Add(name, new FieldFacts
        {
            MaxItems = ContractLimits.MaxFilterValues,
            // The limit is in bytes, and no character takes less than one.
            MaxLength = ContractLimits.MaxFilterTextBytes,
            Example = example,
        });

        void AddPort(string name, int example) => Add(name, new FieldFacts
        {
            MaxItems = ContractLimits.MaxFilterValues,
            Minimum = 0,
            Maximum = ushort.MaxValue,
            Example = example,
        });
    }

    private static JsonNode Seconds(TimeSpan time) =>
        time.TotalSeconds.ToString("0.#########", CultureInfo.InvariantCulture) + "s";
}
