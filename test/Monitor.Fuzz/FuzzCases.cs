using Monitor.Fuzz.Cases;
using Monitor.Fuzz.Parsers;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz;

/// <summary>All cases.</summary>
internal static class FuzzCases
{
    public static IReadOnlyList<FuzzCase> All { get; } =
        [
            new RestCase(secured: false), new RestCase(secured: true), new GrpcCase(), new FrameCase(), new SlowCase(), new BearerCase(), new MetricsCase(),
            new HandshakeCase(), new RotationCase(),
            new TokenCase(), new FilterCase(), new JsonBodyCase(), new GrpcMessageCase(), new FrameCountCase(), new BatchCase(),
            new RecordCase(), new RingCase(), new ObjectCase(), new BtfCase(), new CustomCase(), new MonitorKeyCase(), new FieldConditionCase(),
            new SettingsCase(), new ReadersCase(), new CertificateCase(),
            new AgentsFileCase(), new HandoverCase(), new KubernetesCase(), new ReviewCase(), new CgroupCase(),
        ];

    /// <summary>Those whose input is bytes for one parser.</summary>
    public static IReadOnlyList<ParserCase> Parsers { get; } = [.. All.OfType<ParserCase>()];

    /// <summary>How many inputs of a case a long run has, so that it sends so many requests in all.</summary>
    public static long LongInputs(FuzzCase fuzzCase, long requests) => fuzzCase switch
    {
        RestCase => requests / 4,
        GrpcCase => requests / 2,
        FrameCase or HandshakeCase => requests / 100,
        BearerCase => requests / 10,
        MetricsCase => requests / 50,
        RotationCase => requests / 500,
        SlowCase => 30,
        BatchCase or ObjectCase or BtfCase or CustomCase or SettingsCase or CertificateCase or FrameCountCase => requests / 20,
        _ => requests,
    };
}
