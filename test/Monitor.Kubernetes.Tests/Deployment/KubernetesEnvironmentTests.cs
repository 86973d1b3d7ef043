using System.Reflection;
using System.Runtime.Loader;
using Monitor.Kubernetes.Deployment;

namespace Monitor.Kubernetes.Tests.Deployment;

internal sealed class KubernetesEnvironmentTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("monitor-test-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Machine_WithoutAServiceAccount_IsAVm() =>
        Assert.That(Detect(("KUBERNETES_SERVICE_HOST", "10.96.0.1")).Mode, Is.EqualTo(DeploymentMode.Vm));

    [Test]
    public void Pod_WithAServiceAccount_IsInKubernetes()
    {
        AddAccount();

        var found = Detect(("KUBERNETES_SERVICE_HOST", "10.96.0.1"), ("NODE_NAME", "n1"), ("POD_NAME", "agent-x"));

        Assert.That(found, Is.EqualTo(new KubernetesEnvironment(DeploymentMode.Kubernetes, "n1", "agent-x", "monitor")));
    }

    [Test]
    public void Mode_ThatIsSet_Decides()
    {
        AddAccount();

        Assert.That(
            Detect(("KUBERNETES_SERVICE_HOST", "10.96.0.1"), ("DEPLOYMENT_MODE", "vm"), ("NODE_NAME", "n1")),
            Is.EqualTo(new KubernetesEnvironment(DeploymentMode.Vm, null, null, null)));
        Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        Assert.That(Detect(("DEPLOYMENT_MODE", "Kubernetes")).Mode, Is.EqualTo(DeploymentMode.Kubernetes));
    }

    [TestCase("k8s")]
    [TestCase(" ")]
    public void Mode_ThatIsUnknown_IsRefused(string mode) => Assert.That(
        () => Detect(("DEPLOYMENT_MODE", mode)),
        Throws.TypeOf<FormatException>().With.Message.EqualTo(
            $"DEPLOYMENT_MODE is '{mode}'; expected kubernetes or vm, or nothing to find out"));

    /// <summary>Finding out loads nothing but the runtime's own assemblies, and the client library least of all.</summary>
    [Test]
    public void Detection_OnAVm_LoadsNothingOfTheClient()
    {
        var context = new RecordingContext();
        var assembly = context.LoadFromAssemblyPath(typeof(KubernetesEnvironment).Assembly.Location);
        var detect = assembly.GetType(typeof(KubernetesEnvironment).FullName!)!.GetMethod(nameof(KubernetesEnvironment.Detect), [])!;

        var found = detect.Invoke(null, null)!;

        Assert.That(found.ToString(), Does.Contain("Mode = Vm"));
        Assert.That(context.Asked, Is.Not.Empty.And.All.StartsWith("System."));
        context.Unload();
    }

    private void AddAccount()
    {
        File.WriteAllText(Path.Combine(_folder, "token"), "t");
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), "c");
        File.WriteAllText(Path.Combine(_folder, "namespace"), "monitor\n");
    }

    private KubernetesEnvironment Detect(params (string Name, string Value)[] variables) =>
        KubernetesEnvironment.Detect(name => variables.FirstOrDefault(variable => variable.Name == name).Value, _folder);

    private sealed class RecordingContext() : AssemblyLoadContext(isCollectible: true)
    {
        public List<string> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            Asked.Add(assemblyName.Name!);
            return null;
        }
    }
}
