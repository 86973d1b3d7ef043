using Monitor.Server.Settings;

namespace Monitor.Server.Tests.Access;

/// <summary>Nothing is open that nobody asked to be.</summary>
internal sealed class AccessSettingsTests
{
    private static readonly SettingsSchema Schema = ServerSettings.Agent.SchemaWith("A test.", [], [], static _ => null);

    private static readonly string AnyFile = typeof(AccessSettingsTests).Assembly.Location;

    [TestCase]
    [TestCase("--http", "[::1]:8080", "--grpc", "127.9.9.9:1")]
    [TestCase("--http", "*:8080", "--insecure")]
    [TestCase("--http", "*:8080", "--tls-certificate", "F", "--tls-key", "F", "--readers", "F")]
    [TestCase("--grpc", "10.0.0.1:1", "--tls-certificate", "F", "--tls-key", "F", "--tls-authority", "F")]
    [TestCase("--http", "*:8080", "--tls-certificate", "F", "--tls-key", "F", "--insecure")]
    [TestCase("--readers", "F")]
    public void Settings_Safe_AreTaken(params string[] arguments)
    {
        var outcome = Read(arguments);

        Assert.That(outcome.Values, Is.Not.Null, outcome.Text);
    }

    [TestCase("--http 0.0.0.0:8080 is reached from other machines", "--http", "0.0.0.0:8080")]
    [TestCase("--grpc [::]:1 is reached from other machines", "--grpc", "[::]:1", "--readers", "F")]
    [TestCase("nothing says who may read", "--http", "*:8080", "--tls-certificate", "F", "--tls-key", "F")]
    [TestCase("--tls-certificate and --tls-key belong together", "--tls-certificate", "F")]
    [TestCase("--tls-certificate and --tls-key belong together", "--tls-key", "F")]
    [TestCase("--tls-authority needs a certificate", "--tls-authority", "F")]
    [TestCase("--open is 'events'", "--open", "events")]
    [TestCase("--readers is '/none'", "--readers", "/none")]
    public void Settings_Unsafe_AreRefusedWithTheRemedy(string message, params string[] arguments)
    {
        var outcome = Read(arguments);

        Assert.That((outcome.Values, outcome.ExitCode), Is.EqualTo(((SettingValues?)null, 2)));
        Assert.That(outcome.Text, Does.Contain(message));
    }

    private static SettingsOutcome Read(params string[] arguments) => Schema.Read(
        [.. arguments.Select(argument => argument == "F" ? AnyFile : argument)], new Dictionary<string, string>());
}
