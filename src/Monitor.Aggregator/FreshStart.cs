using System.Buffers;
using System.Text.Json;
using Monitor.Aggregator.Kubernetes;
using Monitor.Sandbox;
using Monitor.Sandbox.Files;
using Monitor.Sandbox.Images;
using Monitor.Sandbox.Rights;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Aggregator;

/// <summary>
/// Starts the program's file again, so that none of its threads can open files that it does not need. The settings go along:
/// a file of settings may be a pipe, and need not be readable from then on.
/// </summary>
internal static class FreshStart
{
    /// <summary>Names the settings for the fresh image: the number of their descriptor.</summary>
    public const string Variable = "NETWORK_MONITOR_SETTINGS";

    // Ports below 1024, and files that are readable for another user only.
    private static readonly CapabilitySet Kept = CapabilitySet.Of(Capability.NetBindService, Capability.DacReadSearch);

    /// <summary>The settings that an earlier image left, each by its environment variable; null where this is the first.</summary>
    /// <exception cref="SandboxException">The variable leads to no message.</exception>
    /// <exception cref="JsonException">The message holds no settings.</exception>
    public static IReadOnlyDictionary<string, string>? Take()
    {
        if (FreshImage.TakeMessage(Variable) is not { } message)
        {
            return null;
        }

        using var document = JsonDocument.Parse(message);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("it is not an object");
        }

        foreach (var setting in document.RootElement.EnumerateObject())
        {
            settings[setting.Name] = setting.Value.ValueKind == JsonValueKind.String
                ? setting.Value.GetString()!
                : throw new JsonException($"{setting.Name} is not a text");
        }

        return settings;
    }

    /// <summary>Starts. To be called on the first thread of the process.</summary>
    /// <returns>Why it did not, and this image goes on; null where the settings do not ask for it.</returns>
    public static string? Begin(SettingValues settings)
    {
        if (!settings.Get(ServerSettings.Sandbox))
        {
            return null;
        }

        var usesKubernetes = ServerSettings.UsesKubernetes(settings);
        settings.TryGet(ServerSettings.Kubeconfig, out var kubeconfig);
        if (kubeconfig is not null && AggregatorKubernetes.RunsCommand(kubeconfig))
        {
            return "the command that the kubeconfig names may need any";
        }

        try
        {
            var image = new FreshImage();
            using var files = FileRestriction.Prepare(new RestrictionOptions
            {
                Watched = [.. settings.Files(), .. OtlpVariables.Files, .. usesKubernetes ? AggregatorKubernetes.FilesOf(kubeconfig) : []],
                Written = HistorySettings.MakeFolder(settings) is { } folder ? [folder] : [],
                ResolvesNames = true,
                ListensAt = [settings.Get(AggregatorSettings.Shared.Http).Port, settings.Get(AggregatorSettings.Shared.Grpc).Port],
                Connects = true,
            });
            using var message = SealedMessage.Write(Write(settings.AsEnvironment()));
            return OwnThread.Run(() =>
            {
                // As root it would have all.
                ThreadRights.GiveUpAllBut(Kept);
                image.Start(message, Variable, [], files);
            })?.Message;
        }
        catch (SandboxException failure)
        {
            return failure.Message;
        }
    }

    private static ReadOnlySpan<byte> Write(IReadOnlyDictionary<string, string> settings)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in settings)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }
}
