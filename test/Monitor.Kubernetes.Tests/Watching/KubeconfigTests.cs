using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Watching;

internal sealed class KubeconfigTests
{
    [Test]
    public void Files_OfAKubeconfig_AreThoseThatItNames()
    {
        var folder = Directory.CreateTempSubdirectory("kubeconfig");
        try
        {
            var path = Path.Combine(folder.FullName, "config");
            File.WriteAllText(path, """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:9", certificate-authority: ca.pem}}]
                contexts: [{name: c, context: {cluster: c, user: u}}]
                current-context: c
                users: [{name: u, user: {client-certificate: /keys/u.pem, client-key: ../u.key}}]
                """);

            Assert.That(ApiConnection.FilesOf(path), Is.EqualTo([path, Path.Combine(folder.FullName, "ca.pem"), "/keys/u.pem", Path.Combine(folder.FullName, "../u.key")]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Files_OfAPod_AreThoseOfItsAccount() =>
        Assert.That(ApiConnection.FilesOf(null), Is.EqualTo(["/var/run/secrets/kubernetes.io/serviceaccount/token"]));

    [Test]
    public void Files_OfAFileThatIsNotThere_IsTheFile() => Assert.That(ApiConnection.FilesOf("/nothing"), Is.EqualTo(["/nothing"]));
}
