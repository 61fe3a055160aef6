#include "server/member/messages.h"

#include <map>
#include <vector>

namespace polder::server::member {
namespace {

struct Sentence {
  std::string_view nl;
  std::string_view en;
};

const std::map<std::string_view, Sentence>& Sentences() {
  static const std::map<std::string_view, Sentence> sentences = {
      {"empty-export",
       {"Het bestand is leeg. Maak de export opnieuw.",
        "The file is empty. Make the export again."}},
      {"bad-encoding",
       {"Dit teken past niet bij de tekenset {0}. Kies bij het exporteren de goede tekenset.",
        "This character does not fit the encoding {0}. Choose the right encoding when exporting."}},
      {"bad-quoting",
       {"Hier staat een aanhalingsteken op de verkeerde plaats. Zet het hele veld tussen "
        "aanhalingstekens en verdubbel die erbinnen.",
        "A quotation mark is in the wrong place. Quote the whole field and double the marks in "
        "it."}},
      {"unclosed-quote",
       {"Dit aanhalingsteken wordt nergens gesloten. De regel is overgeslagen.",
        "This quotation mark is never closed. The line was skipped."}},
      {"record-too-long",
       {"Deze regel is langer dan 65.536 tekens. Controleer het scheidingsteken.",
        "This line is longer than 65,536 characters. Check the delimiter."}},
      {"wrong-field-count",
       {"De regel heeft {0} velden en de kopregel {1}. Controleer scheidingstekens en "
        "aanhalingstekens.",
        "The line has {0} fields and the header {1}. Check delimiters and quotation marks."}},
      {"missing-column",
       {"De kolom \"{0}\" ontbreekt. Zet hem aan in de export, of kies een andere mapping.",
        "The column \"{0}\" is missing. Switch it on in the export, or choose another mapping."}},
      {"duplicate-column",
       {"De kolom \"{0}\" staat er twee keer. Laat er een weg.",
        "The column \"{0}\" is there twice. Leave one out."}},
      {"unknown-column",
       {"De mapping kent deze kolom niet. Laat hem weg, of zet hem in de mapping bij \"drop\".",
        "The mapping does not know this column. Leave it out, or list it under \"drop\"."}},
      {"missing-value",
       {"Dit veld is leeg, maar moet ingevuld zijn.",
        "This field is empty but must be filled in."}},
      {"duplicate-case",
       {"Deze zaak stond al op regel {0}. Een zaak mag maar een keer in een export staan.",
        "This case was already on line {0}. A case may be in an export only once."}},
      {"bad-bsn",
       {"Dit is geen geldig burgerservicenummer (negen cijfers die aan de 11-proef voldoen).",
        "This is not a valid citizen service number (nine digits that pass the 11-test)."}},
      {"bad-education-number",
       {"Dit is geen geldig onderwijsnummer (negen cijfers, het eerste een 1, 11-proef rest 5).",
        "This is not a valid education number (nine digits, first a 1, 11-test remainder 5)."}},
      {"bad-local-person",
       {"Dit persoonsnummer is langer dan 64 tekens.",
        "This person number is longer than 64 characters."}},
      {"no-identifier",
       {"De leerling heeft geen nummer. Vul een burgerservicenummer, onderwijsnummer of "
        "persoonsnummer in.",
        "The pupil has no number. Fill in a citizen service, education or person number."}},
      {"recipient-without-oin",
       {"Het certificaat van de regio noemt geen organisatienummer (OIN). Vraag de regio om een "
        "certificaat met een OIN.",
        "The region's certificate names no organisation number (OIN). Ask the region for one that "
        "does."}},
      {"other-recipients",
       {"De certificaten van de ontvangers zijn van verschillende organisaties. Een levering is "
        "voor een organisatie.",
        "The recipients' certificates are of different organisations. A delivery is for one."}},
      {"shared-certificate",
       {"Het certificaat waarmee u ondertekent heeft dezelfde sleutel als dat waarmee u verbinding "
        "maakt. Gebruik er twee.",
        "The certificate that signs has the same key as the one that connects. Use two."}},
      {"bad-date", {"Dit is geen datum in de vorm {0}.", "This is not a date in the form {0}."}},
      {"no-such-day", {"Deze dag bestaat niet.", "There is no such day."}},
      {"closed-before-opened",
       {"De zaak is gesloten voordat hij geopend werd. Verbeter een van de twee datums.",
        "The case was closed before it was opened. Correct one of the two dates."}},
      {"outside-period",
       {"De zaak is niet in {0} geopend of gesloten. Exporteer alleen zaken van dat kwartaal.",
        "The case was neither opened nor closed in {0}. Export only cases of that quarter."}},
      {"born-after-opened",
       {"De zaak is geopend voor de geboorte van de leerling. Verbeter een van de twee datums.",
        "The case was opened before the pupil was born. Correct one of the two dates."}},
      {"age-outside-bands",
       {"De leerling was bij het openen van de zaak te jong of te oud voor deze cijfers.",
        "The pupil was too young or too old for these figures when the case was opened."}},
      {"age-impossible",
       {"Een leerling van deze leeftijd kan geen zaak van de soort {0} hebben.",
        "A pupil of this age cannot have a case of kind {0}."}},
      {"unknown-code",
       {"\"{0}\" staat niet in de mapping. Verbeter het, of voeg het aan de mapping toe.",
        "\"{0}\" is not in the mapping. Correct it, or add it to the mapping."}},
      {"unknown-code-unquoted",
       {"Deze waarde staat niet in de mapping en lijkt geen code. Staan de kolommen goed?",
        "This value is not in the mapping and does not look like a code. Are the columns right?"}},
      {"code-not-valid", {"De code {0} geldt niet in {1}.", "The code {0} is not valid in {1}."}},
      {"kind-of-other-calendar",
       {"De soort {0} hoort niet in een levering over {1}. Lever hem bij de andere kalender aan.",
        "The kind {0} does not belong in a delivery of {1}. Deliver it with the other calendar."}},
      {"group-before-start",
       {"De groep {0} bestond nog niet toen deze zaak werd geopend.",
        "The group {0} did not exist yet when this case was opened."}},
      {"not-a-quarter",
       {"{0} is geen kwartaal. Lever per kwartaal aan, bijvoorbeeld 2022SJ-Q3.",
        "{0} is not a quarter. Deliver per quarter, for example 2022SJ-Q3."}},
      {"unknown-municipality",
       {"{0} staat niet in het codeboek, of hoort in {1} niet bij de regio.",
        "{0} is not in the codebook, or is no member of the region in {1}."}},
      {"weak-key",
       {"De sleutel voor zaaknummers is korter dan 32 bytes. Maak een nieuwe.",
        "The key for case numbers is shorter than 32 bytes. Make a new one."}},
      {"no-token-keys",
       {"In tokens.json staan geen sleutels voor {0}. Haal het nieuwste bestand bij de regio.",
        "tokens.json has no keys for {0}. Fetch the newest file from the region."}},
      {"other-region",
       {"tokens.json is van regio {0} en het codeboek van {1}. Haal beide bij uw eigen regio.",
        "tokens.json is of region {0} and the codebook of {1}. Fetch both from your own region."}},
      {"holder-unreachable",
       {"Sleutelhouder {0} is niet bereikbaar ({1}). Er is niets gemaakt en niets verloren. "
        "Probeer het later opnieuw.",
        "Key holder {0} cannot be reached ({1}). Nothing was made and nothing is lost. Try again "
        "later."}},
      {"holder-refused",
       {"Sleutelhouder {0} weigert: {1} Er is niets gemaakt.",
        "Key holder {0} refuses: {1} Nothing was made."}},
      {"holder-answer",
       {"Sleutelhouder {0} gaf een antwoord dat niet klopt. Er is niets gemaakt. Meld dit aan de "
        "sleutelhouder.",
        "Key holder {0} gave an answer that is not sound. Nothing was made. Tell the key holder."}},
      {"holder-proof",
       {"Sleutelhouder {0} gebruikte een andere sleutel dan de regio bekendmaakte. Er is niets "
        "gemaakt. Meld dit aan de regio.",
        "Key holder {0} used another key than the region published. Nothing was made. Tell the "
        "region."}},
      {"bad-identifier",
       {"Een leveringsnummer bestaat uit 1 tot 64 letters, cijfers en . _ : + -",
        "A delivery number is 1 to 64 letters, digits and . _ : + -"}},
  };
  return sentences;
}

}  // namespace

std::string Say(Language language, std::string_view code,
                std::initializer_list<std::string_view> parts) {
  const Sentence& sentence = Sentences().at(code);
  const std::string_view pattern = language == Language::kDutch ? sentence.nl : sentence.en;
  const std::vector<std::string_view> values(parts);
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
      text += values.at(static_cast<size_t>(pattern[i + 1] - '0'));
      i += 2;
    } else {
      text += pattern[i];
    }
  }
  return text;
}

}  // namespace polder::server::member
