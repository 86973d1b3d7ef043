using Monitor.Fuzz.Cases;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz;

/// <summary>All cases.</summary>
internal static class FuzzCases
{
    public static IReadOnlyList<FuzzCase> All { get; } =
        [
            new RestCase(secured: false), new RestCase(secured: true), new GrpcCase(), new FrameCase(), new SlowCase(), new BatchCase(), new TokenCase(),
            new RecordCase(), new RingCase(), new ObjectCase(), new SettingsCase(), new KubernetesCase(),
        ];

    /// <summary>How many inputs of a case a long run has, so that it sends so many requests in all.</summary>
    public static long LongInputs(FuzzCase fuzzCase, long requests) => fuzzCase switch
    {
        RestCase => requests / 4,
        GrpcCase => requests / 2,
        FrameCase => requests / 100,
        SlowCase => 30,
        ObjectCase or SettingsCase => requests / 20,
        _ => requests,
    };
}
