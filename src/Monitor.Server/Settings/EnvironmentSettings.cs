using System.Text.RegularExpressions;
using Monitor.Protocol;

namespace Monitor.Server.Settings;

/// <summary>Settings given as environment variables.</summary>
internal static partial class EnvironmentSettings
{
    public const string Prefix = "MONITOR_";

    /// <summary>Reads every variable that begins with the prefix.</summary>
    /// <param name="settings">The known settings.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="given">Where to put what was found.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Read(
        IReadOnlyList<Setting> settings,
        IReadOnlyDictionary<string, string> environment,
        List<GivenSetting> given)
    {
        foreach (var (name, value) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (settings.FirstOrDefault(setting => setting.EnvironmentName == name) is { } setting)
            {
                given.Add(new GivenSetting(setting, value, name));
            }
            else if (!IsServiceVariable(name, value))
            {
                return $"unknown environment variable {name}: "
                    + NearestName.DidYouMean(name, settings.Select(known => known.EnvironmentName))
                    + $"variables that begin with {Prefix} must be settings of this program.";
            }
        }

        return null;
    }

    // Kubernetes (and Docker links before it) sets these for each service of the namespace, so a service that is called
    // monitor-agent gives every pod MONITOR_AGENT_SERVICE_HOST and MONITOR_AGENT_PORT=tcp://10.0.0.1:8080.
    private static bool IsServiceVariable(string name, string value) =>
        ServiceName().IsMatch(name)
        || (name.EndsWith("_PORT", StringComparison.Ordinal) && ServiceUrl().IsMatch(value));

    [GeneratedRegex(@"_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex ServiceName();

    [GeneratedRegex("^(tcp|udp|sctp)://", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceUrl();
}
