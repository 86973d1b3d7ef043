using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests.Answers;

public sealed class ExtensionTests(ReflectionVersion version) : ReflectionTests(version)
{
    [TestCase(101)]
    [TestCase(150)]
    public async Task Extension_Declared_IsFound(int number)
    {
        var response = await AskAsync(Extension("library.v1.Binding", number));

        Assert.That(NamesOf(response), Is.EqualTo(new[] { "library/v1/binding.proto" }));
    }

    [TestCase("library.v1.Binding", 1)]
    [TestCase("library.v1.Binding", 100)]
    [TestCase("library.v1.Binding", int.MinValue)]
    [TestCase("library.v1.Binding", int.MaxValue)]
    [TestCase("library.v1.Book", 101)]
    [TestCase("library.v1.Nothing", 101)]
    [TestCase("", 0)]
    public async Task Extension_Unknown_IsNotFound(string containingType, int number) =>
        AssertNotFound(await AskAsync(Extension(containingType, number)));

    [Test]
    public async Task ExtensionNumbers_OfAMessage_AreAllOfThem()
    {
        var response = await AskAsync(
            new ServerReflectionRequest { AllExtensionNumbersOfType = "library.v1.Binding" });

        Assert.Multiple(() =>
        {
            Assert.That(response.AllExtensionNumbersResponse.BaseTypeName, Is.EqualTo("library.v1.Binding"));
            Assert.That(response.AllExtensionNumbersResponse.ExtensionNumber, Is.EquivalentTo(new[] { 101, 150 }));
        });
    }

    [Test]
    public async Task ExtensionNumbers_OfAMessageWithoutAny_AreNone()
    {
        var response = await AskAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = "library.v1.Book" });

        Assert.Multiple(() =>
        {
            Assert.That(response.AllExtensionNumbersResponse?.BaseTypeName, Is.EqualTo("library.v1.Book"));
            Assert.That(response.AllExtensionNumbersResponse?.ExtensionNumber, Is.Empty);
        });
    }

    [TestCase("library.v1.Nothing")]
    [TestCase("library.v1.Material")]
    public async Task ExtensionNumbers_OfNoMessage_AreNotFound(string name) =>
        AssertNotFound(await AskAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = name }));

    private static ServerReflectionRequest Extension(string containingType, int number) => new()
    {
        FileContainingExtension = new ExtensionRequest { ContainingType = containingType, ExtensionNumber = number },
    };
}
