using System.Runtime.InteropServices;
using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Server.Settings;

namespace Monitor.Agent.Custom;

/// <summary>The commands for whoever writes a monitor: <c>monitor-agent inspect FILE</c> and <c>monitor-agent run FILE</c>.</summary>
internal static class CustomCommands
{
    /// <summary>Print events as JSON, as REST has them.</summary>
    public static readonly Setting<bool> Json = new("json", ValueFormats.Flag, "Print each event as a line of JSON.", "false");

    private static readonly Setting[] OfBoth =
        [AgentSettings.MonitorsAllow, AgentSettings.MonitorsAttach, AgentSettings.MonitorsMemory, AgentSettings.MonitorsInstructions];

    private static readonly Setting[] OfRun =
    [
        Json, AgentSettings.NetworkNamespace, AgentSettings.Cgroup, AgentSettings.ExcludePid, AgentSettings.IncludeSelf,
        AgentSettings.HideCommands, AgentSettings.MaskAddresses, AgentSettings.RateLimit, AgentSettings.MonitorsRateLimit,
    ];

    private static readonly SettingsSchema Inspect = Schema(
        "inspect",
        """
        Tells what a monitor of your own would do: its fields, programs, maps, and what they call; whether the settings allow it, and
        whether this kernel takes it. FILE is what clang made of your C file. Nothing is attached.
        """,
        []);

    private static readonly SettingsSchema Run = Schema(
        "run",
        """
        Loads a monitor of your own and prints its events, until Ctrl-C. FILE is what clang made of your C file. Needs root, or
        CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.
        """,
        OfRun);

    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>The exit code; null where they name none.</returns>
    public static async Task<int?> TryRunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        if (arguments.Count == 0 || arguments[0] is not ("inspect" or "run"))
        {
            return null;
        }

        var isRun = arguments[0] == "run";
        var schema = isRun ? Run : Inspect;
        var file = arguments.Count > 1 && !arguments[1].StartsWith('-') ? arguments[1] : null;
        var outcome = schema.Read([.. arguments.Skip(file is null ? 1 : 2)], Environment(isRun ? [.. OfBoth, .. OfRun] : OfBoth));
        if (outcome.Values is not { } settings)
        {
            return outcome.Report(output, error);
        }

        if (file is null)
        {
            error.WriteLine($"{schema.ProgramName}: name the file: {schema.ProgramName.Replace("FILE", "my_monitor.bpf.o", StringComparison.Ordinal)}. Try --help.");
            return 2;
        }

        try
        {
            var custom = CustomObject.Read(NameOf(file), ReadFile(file));
            return isRun ? await RunAsync(custom, settings, output, error) : InspectCommand.Run(custom, settings, output);
        }
        catch (Exception failure) when (failure is MonitorLoadException or BpfException)
        {
            error.WriteLine($"monitor-agent: {file}: {failure.Message}");
            if (failure.InnerException is BpfException { VerifierLog: { Length: > 0 } log })
            {
                error.WriteLine(log);
            }

            return 1;
        }
    }

    private static async Task<int> RunAsync(CustomObject custom, SettingValues settings, TextWriter output, TextWriter error)
    {
        using var end = new CancellationTokenSource();
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            end.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        return await RunCommand.RunAsync(custom, settings, output, error, end.Token);
    }

    // Of the agent's variables, which may be set here as well, those that the command has.
    private static Dictionary<string, string> Environment(IReadOnlyList<Setting> settings) => SettingsSchema.ProcessEnvironment()
        .Where(variable => settings.Any(setting => setting.EnvironmentName == variable.Key))
        .ToDictionary(StringComparer.Ordinal);

    private static string NameOf(string file)
    {
        var name = Path.GetFileName(file);
        return name.EndsWith(CustomObject.Extension, StringComparison.Ordinal)
            ? name[..^CustomObject.Extension.Length]
            : throw new MonitorLoadException($"its name must end with {CustomObject.Extension}: compile it with clang -target bpf -g -O2 -c");
    }

    private static byte[] ReadFile(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new MonitorLoadException(failure.Message, failure);
        }
    }

    private static SettingsSchema Schema(string command, string summary, IReadOnlyList<Setting> own) => new(
        $"monitor-agent {command} FILE",
        summary,
        Server.ServerSettings.Version,
        [.. OfBoth, .. own],
        [($"monitor-agent {command} my_monitor.bpf.o", command == "run" ? "its events, as they happen" : "what it would do")]);
}
